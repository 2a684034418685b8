import { type FieldProblem, invalidValue, jsonEqual, subdomainProblems } from '@typernetes/machinery';
import { quantityOf } from '../core/resources-validation.ts';
import { immutableDetail, notNegativeDetail, type Problems } from '../meta/field-checks.ts';
import { labelSelectorProblems } from '../meta/labels-validation.ts';
import type { CSIStorageCapacity } from './v1.gen.ts';

export function validateCSIStorageCapacity(capacity: CSIStorageCapacity): FieldProblem[] {
  return [...capacityProblems(capacity)];
}

export function validateCSIStorageCapacityUpdate(
  next: CSIStorageCapacity,
  current: CSIStorageCapacity,
): FieldProblem[] {
  const changed = (['nodeTopology', 'storageClassName'] as const).filter(
    (field) => !jsonEqual(next[field], current[field]),
  );
  return [
    ...validateCSIStorageCapacity(next),
    ...changed.map((field) => invalidValue(field, next[field] ?? null, immutableDetail)),
  ];
}

function* capacityProblems(object: CSIStorageCapacity): Problems {
  yield* labelSelectorProblems(object.nodeTopology, 'nodeTopology');
  for (const detail of subdomainProblems(object.storageClassName ?? '')) {
    yield invalidValue('storageClassName', object.storageClassName ?? '', detail);
  }
  for (const field of ['capacity', 'maximumVolumeSize'] as const) {
    const amount = object[field];
    const quantity = amount === undefined ? undefined : quantityOf(amount);
    if (quantity && quantity.nanos < 0n) yield invalidValue(field, amount, notNegativeDetail);
  }
}
