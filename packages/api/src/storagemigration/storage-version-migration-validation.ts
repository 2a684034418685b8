import {
  dns1035LabelProblems,
  type FieldProblem,
  invalidValue,
  isConditionTrue,
  jsonEqual,
  omittedValue,
  requiredValue,
  subdomainProblems,
} from '@typernetes/machinery';
import { conditionsProblems } from '../meta/conditions-validation.ts';
import { immutableDetail, type Problems, wellFormed } from '../meta/field-checks.ts';
import type { StorageVersionMigration } from './v1beta1.gen.ts';

/** Upstream: ValidateStorageVersionMigration. */
export function validateStorageVersionMigration({ spec }: StorageVersionMigration): FieldProblem[] {
  return [...specProblems(spec)];
}

function* specProblems({ resource }: StorageVersionMigration['spec']): Problems {
  const { resource: plural = '', group = '' } = resource ?? {};
  if (!plural) yield requiredValue('spec.resource.resource', 'resource is required to be set');
  else yield* wellFormed(plural, { at: 'spec.resource.resource', by: dns1035LabelProblems });
  yield* wellFormed(group, { at: 'spec.resource.group', by: subdomainProblems });
}

/** The spec is immutable. */
export function validateStorageVersionMigrationUpdate(
  next: StorageVersionMigration,
  current: StorageVersionMigration,
): FieldProblem[] {
  const same = jsonEqual(next.spec, current.spec);
  return [...specProblems(next.spec), ...(same ? [] : [invalidValue('spec', next.spec, immutableDetail)])];
}

export function validateStorageVersionMigrationStatus(
  next: StorageVersionMigration,
  current: StorageVersionMigration,
): FieldProblem[] {
  return [...storageVersionMigrationStatusProblems(next, current)];
}

function* storageVersionMigrationStatusProblems(
  next: StorageVersionMigration,
  current: StorageVersionMigration,
): Problems {
  const before = current.status?.resourceVersion;
  const after = next.status?.resourceVersion;
  if (after && !/^\d+$/.test(after)) {
    yield invalidValue('status.resourceVersion', after, `resource version is not well formed: ${after}`);
  }
  if (before && before !== after) yield invalidValue('status.resourceVersion', after ?? '', immutableDetail);
  const at = 'status.conditions';
  yield* conditionsProblems(next.status?.conditions, at);
  const [was, is] = [current.status?.conditions, next.status?.conditions];
  const ended = { Succeeded: 'Success', Failed: 'Failed' } as const;
  if (isConditionTrue(is, 'Succeeded') && isConditionTrue(is, 'Failed')) {
    yield invalidValue(at, omittedValue, 'Both success and failed conditions cannot be true at the same time');
  }
  for (const type of ['Succeeded', 'Failed'] as const) {
    if (!isConditionTrue(was, type) || isConditionTrue(is, type)) continue;
    yield invalidValue(at, omittedValue, `${ended[type]} condition cannot be set to false once it is true`);
  }
}
