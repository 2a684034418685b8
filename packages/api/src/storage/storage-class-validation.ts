import {
  type FieldProblem,
  invalidValue,
  jsonEqual,
  qualifiedNameProblems,
  requiredValue,
  tooLong,
} from '@typernetes/machinery';
import { immutableDetail, oneOf, type Problems } from '../meta/field-checks.ts';
import type { StorageClass } from './v1.gen.ts';

export function validateStorageClass(storageClass: StorageClass): FieldProblem[] {
  return [...classProblems(storageClass)];
}

function* classProblems({ provisioner, parameters, reclaimPolicy, volumeBindingMode }: StorageClass): Problems {
  if (!provisioner) yield requiredValue('provisioner');
  else {
    for (const detail of qualifiedNameProblems(provisioner.toLowerCase())) {
      yield invalidValue('provisioner', provisioner, detail);
    }
  }
  yield* parameterProblems(parameters ?? {});
  yield* oneOf(reclaimPolicy, { at: 'reclaimPolicy', of: ['Delete', 'Retain'] });
  const modes = ['Immediate', 'WaitForFirstConsumer'];
  yield* oneOf(volumeBindingMode, { at: 'volumeBindingMode', of: modes, required: true });
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
