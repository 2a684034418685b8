import {
  duplicateValue,
  type FieldProblem,
  invalidValue,
  jsonEqual,
  qualifiedNameProblems,
  requiredValue,
  tooLong,
} from '@typernetes/machinery';
import type { TopologySelectorLabelRequirement } from '../core/v1.gen.ts';
import { immutableDetail, oneOf, type Problems } from '../meta/field-checks.ts';
import type { StorageClass } from './v1.gen.ts';

export function validateStorageClass(storageClass: StorageClass): FieldProblem[] {
  return [...classProblems(storageClass)];
}

function* classProblems(storageClass: StorageClass): Problems {
  const { provisioner, parameters, reclaimPolicy, volumeBindingMode, allowedTopologies } = storageClass;
  if (!provisioner) yield requiredValue('provisioner');
  else {
    for (const detail of qualifiedNameProblems(provisioner.toLowerCase())) {
      yield invalidValue('provisioner', provisioner, detail);
    }
  }
  yield* parameterProblems(parameters ?? {});
  yield* oneOf(reclaimPolicy, { at: 'reclaimPolicy', of: ['Delete', 'Retain'] });
  const modes = ['Immediate', 'WaitForFirstConsumer'];
  yield* oneOf(volumeBindingMode, { at: 'volumeBindingMode', of: modes, required: 'given' });
  for (const [i, { matchLabelExpressions = [] }] of (allowedTopologies ?? []).entries()) {
    const at = `allowedTopologies[${i}].matchLabelExpressions`;
    yield* topologyProblems(matchLabelExpressions, at);
    const isRepeated = allowedTopologies?.slice(0, i).some((other) => jsonEqual(other, allowedTopologies[i]));
    // Upstream compares with an initial term that has no expressions, and so rejects such a term.
    if (isRepeated || matchLabelExpressions.length === 0) yield duplicateValue(at, '');
  }
}

function* topologyProblems(expressions: readonly TopologySelectorLabelRequirement[], at: string): Problems {
  const keys = new Set<string>();
  for (const [i, { key, values = [] }] of expressions.entries()) {
    const seen = new Set<string>();
    if (values.length === 0) yield requiredValue(`${at}[${i}].values`);
    for (const [j, value] of values.entries()) {
      if (seen.has(value)) yield duplicateValue(`${at}[${i}].values[${j}]`, value);
      seen.add(value);
    }
    for (const detail of qualifiedNameProblems(key)) yield invalidValue(`${at}[${i}].key`, key, detail);
    if (keys.has(key)) yield duplicateValue(`${at}[${i}].key`, key);
    keys.add(key);
  }
}

const maxParameters = 512;
const maxParameterBytes = 256 * 1024;

export function* parameterProblems(parameters: Readonly<Record<string, string>>): Problems {
  const entries = Object.entries(parameters);
  if (entries.length > maxParameters) {
    yield tooLong('parameters', maxParameters);
    return;
  }
  if ('' in parameters) yield invalidValue('parameters', '', 'field can not be empty.');
  const size = entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  if (size > maxParameterBytes) yield tooLong('parameters', maxParameterBytes);
}

const pinned = ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode'] as const;

export function validateStorageClassUpdate(next: StorageClass, current: StorageClass): FieldProblem[] {
  const changed = pinned.filter((field) => !jsonEqual(next[field], current[field]));
  return [...classProblems(next), ...changed.map((field) => invalidValue(field, next[field], immutableDetail))];
}
