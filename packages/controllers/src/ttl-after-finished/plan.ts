import type { Job } from '@typernetes/api/batch/v1';
import { findCondition, parseTime } from '@typernetes/machinery';

/** Milliseconds until a finished job has outlived its time, 0 or less when it has; undefined when that will not happen. */
export function timeToLive({ metadata, spec, status }: Job, now: number): number | undefined {
  if (spec.ttlSecondsAfterFinished === undefined || metadata.deletionTimestamp !== undefined) return undefined;
  const end = ['Complete', 'Failed']
    .map((type) => findCondition(status?.conditions, type))
    .find((condition) => condition?.status === 'True');
  if (!end) return undefined;
  return parseTime(end.lastTransitionTime ?? '') + spec.ttlSecondsAfterFinished * 1000 - now;
}
