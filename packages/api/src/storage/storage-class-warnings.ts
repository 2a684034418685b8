import { deprecatedLabelText } from '../core/name-warnings.ts';
import type { CSIStorageCapacity, StorageClass } from './v1.gen.ts';

export function* storageClassWarnings({ allowedTopologies = [] }: StorageClass): Iterable<string> {
  for (const [i, { matchLabelExpressions = [] }] of allowedTopologies.entries()) {
    for (const [j, { key }] of matchLabelExpressions.entries()) {
      const text = deprecatedLabelText(key);
      if (text !== undefined) yield `allowedTopologies[${i}].matchLabelExpressions[${j}]: ${text}`;
    }
  }
}

export function* storageCapacityWarnings({ nodeTopology }: CSIStorageCapacity): Iterable<string> {
  for (const [i, { key }] of (nodeTopology?.matchExpressions ?? []).entries()) {
    const text = deprecatedLabelText(key);
    if (text !== undefined) yield `nodeTopology.matchExpressions[${i}].key: ${key} is ${text}`;
  }
  for (const label of Object.keys(nodeTopology?.matchLabels ?? {})) {
    const text = deprecatedLabelText(label);
    if (text !== undefined) yield `nodeTopology.matchLabels.${label}: ${text}`;
  }
}
