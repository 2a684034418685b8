import type { Pod } from '@typernetes/api/core/v1';
import { finishedAt } from './pods.ts';

const firstMs = 10_000;
const mostMs = 600_000;

/** The failures of a job's pods since the last success. */
export interface FailureRecord {
  readonly failures: number;
  /** The time of the last failure, in milliseconds. */
  readonly lastAt: number;
}

export const noFailures: FailureRecord = { failures: 0, lastAt: 0 };

/** The record with pods that ended since it was made. */
export function withEnded(
  record: FailureRecord,
  { succeeded, failed }: { readonly succeeded: readonly Pod[]; readonly failed: readonly Pod[] },
): FailureRecord {
  const ends = failed.map(finishedAt);
  if (succeeded.length === 0) {
    if (ends.length === 0) return record;
    return { failures: record.failures + ends.length, lastAt: Math.max(...ends) };
  }
  const lastSuccess = Math.max(...succeeded.map(finishedAt));
  const since = ends.filter((end) => end > lastSuccess);
  return since.length === 0 ? noFailures : { failures: since.length, lastAt: Math.max(...since) };
}

/**
 * How long a replacement still has to wait, in milliseconds: ten seconds after a failure, doubled after each further
 * one.
 */
export function waitAfter({ failures, lastAt }: FailureRecord, now: number): number {
  if (failures === 0) return 0;
  const pause = Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 16));
  return Math.max(0, lastAt + pause - now);
}
