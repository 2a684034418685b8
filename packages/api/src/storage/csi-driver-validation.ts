import { duplicateValue, type FieldProblem, invalidValue, jsonEqual, requiredValue } from '@typernetes/machinery';
import { driverNameProblems } from '../core/csi-driver-name.ts';
import { immutableDetail, oneOf, type Problems } from '../meta/field-checks.ts';
import type { CSIDriver, CSIDriverSpec, TokenRequest } from './v1.gen.ts';

export function validateCSIDriver({ metadata, spec }: CSIDriver): FieldProblem[] {
  // A missing name is reported with the rest of the metadata.
  const nameProblems = metadata.name ? driverNameProblems(metadata.name, 'metadata.name') : [];
  return [...nameProblems, ...specProblems(spec)];
}

/** The extra letter in the path is upstream's. */
const pinned = [
  ['attachRequired', 'spec.attachedRequired'],
  ['volumeLifecycleModes', 'spec.volumeLifecycleModes'],
] as const;

export function validateCSIDriverUpdate(next: CSIDriver, current: CSIDriver): FieldProblem[] {
  const changed = pinned.filter(([field]) => !jsonEqual(next.spec[field], current.spec[field]));
  return [
    ...specProblems(next.spec),
    ...changed.map(([field, at]) => invalidValue(at, next.spec[field] ?? null, immutableDetail)),
  ];
}

const minUpdatePeriodSeconds = 10;

function* specProblems(spec: CSIDriverSpec): Problems {
  if (spec.attachRequired == null) yield requiredValue('spec.attachedRequired');
  for (const field of ['podInfoOnMount', 'storageCapacity', 'seLinuxMount'] as const) {
    if (spec[field] == null) yield requiredValue(`spec.${field}`);
  }
  yield* oneOf(spec.fsGroupPolicy, { at: 'spec.fsGroupPolicy', of: ['File', 'None', 'ReadWriteOnceWithFSType'] });
  yield* tokenRequestProblems(spec.tokenRequests ?? [], 'spec.tokenRequests');
  for (const mode of spec.volumeLifecycleModes ?? []) {
    yield* oneOf(mode, { at: 'spec.volumeLifecycleModes', of: ['Persistent', 'Ephemeral'] });
  }
  const period = spec.nodeAllocatableUpdatePeriodSeconds;
  if (period != null && period < minUpdatePeriodSeconds) {
    const detail = `must be greater than or equal to ${minUpdatePeriodSeconds} seconds`;
    yield invalidValue('spec.nodeAllocatableUpdatePeriodSeconds', period, detail);
  }
  if (spec.serviceAccountTokenInSecrets != null && !spec.tokenRequests?.length) {
    const detail = 'serviceAccountTokenInSecrets is set but no tokenRequests are specified';
    yield invalidValue('spec.serviceAccountTokenInSecrets', spec.serviceAccountTokenInSecrets, detail);
  }
}

const minTokenSeconds = 600;
const maxTokenSeconds = 2 ** 32;

function* tokenRequestProblems(requests: readonly TokenRequest[], at: string): Problems {
  const audiences = new Set<string>();
  for (const [i, { audience, expirationSeconds }] of requests.entries()) {
    if (audiences.has(audience)) yield duplicateValue(`${at}[${i}].audience`, audience);
    audiences.add(audience);
    if (expirationSeconds == null) continue;
    const path = `${at}[${i}].expirationSeconds`;
    if (expirationSeconds < minTokenSeconds) {
      yield invalidValue(path, expirationSeconds, 'may not specify a duration less than 10 minutes');
    }
    if (expirationSeconds > maxTokenSeconds) {
      yield invalidValue(path, expirationSeconds, 'may not specify a duration larger than 2^32 seconds');
    }
  }
}
