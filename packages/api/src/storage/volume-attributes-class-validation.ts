import { type FieldProblem, forbiddenValue, jsonEqual, requiredValue } from '@typernetes/machinery';
import { driverNameProblems } from '../core/csi-driver-name.ts';
import { parameterProblems } from './storage-class-validation.ts';
import type { VolumeAttributesClass } from './v1.gen.ts';

export function validateVolumeAttributesClass({ driverName, parameters = {} }: VolumeAttributesClass): FieldProblem[] {
  const problems = [...driverNameProblems(driverName, 'driverName'), ...parameterProblems(parameters)];
  if (Object.keys(parameters).length === 0) {
    problems.push(requiredValue('parameters', 'must contain at least one key/value pair'));
  }
  return problems;
}

export function validateVolumeAttributesClassUpdate(
  next: VolumeAttributesClass,
  current: VolumeAttributesClass,
): FieldProblem[] {
  return (['driverName', 'parameters'] as const)
    .filter((field) => !jsonEqual(next[field], current[field]))
    .map((field) => forbiddenValue(field, `updates to ${field} are forbidden.`));
}
