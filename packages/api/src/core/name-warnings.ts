import { labelNameProblems } from '@typernetes/machinery';
import type { NodeSelectorTerm } from './v1.gen.ts';

/** Deprecated node labels with upstream's messages about their replacements (GetNodeLabelDeprecatedMessage). */
const deprecatedLabels: ReadonlyMap<string, string> = new Map([
  ['beta.kubernetes.io/arch', 'deprecated since v1.14; use "kubernetes.io/arch" instead'],
  ['beta.kubernetes.io/os', 'deprecated since v1.14; use "kubernetes.io/os" instead'],
  ['failure-domain.beta.kubernetes.io/region', 'deprecated since v1.17; use "topology.kubernetes.io/region" instead'],
  ['failure-domain.beta.kubernetes.io/zone', 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'],
  ['beta.kubernetes.io/instance-type', 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead'],
  ['app.kubernetes.io/created-by', 'deprecated since v1.9'],
  ['scheduler.alpha.kubernetes.io/preferAvoidPods', 'deprecated since v1.22; use Taints and Tolerations instead'],
  ['node-role.kubernetes.io/master', 'use "node-role.kubernetes.io/control-plane" instead'],
]);

/** Undefined for labels that are not deprecated. */
export const deprecatedLabelText = (label: string): string | undefined => deprecatedLabels.get(label);

/** Warnings for node label expressions. */
export function* selectorTermWarnings({ matchExpressions = [] }: NodeSelectorTerm, at: string): Iterable<string> {
  for (const [i, { key }] of matchExpressions.entries()) {
    const text = deprecatedLabelText(key);
    if (text !== undefined) yield `${at}.matchExpressions[${i}].key: ${key} is ${text}`;
  }
}

/** Warnings for names from which pod names are generated. */
export function* podNamesWarnings(name: string): Iterable<string> {
  yield* nameWarnings(name, 'Pod names and hostnames');
}

export function* nameWarnings(name: string, use: string): Iterable<string> {
  const problems = labelNameProblems(name);
  if (problems.length > 0)
    yield `metadata.name: this is used in ${use}, which can result in surprising behavior; a DNS label is recommended: [${problems.join(' ')}]`;
}
