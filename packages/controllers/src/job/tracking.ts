import type { JobCondition, JobStatus } from '@typernetes/api/batch/v1';
import type { Pod } from '@typernetes/api/core/v1';
import { withCondition } from '@typernetes/machinery';
import { type JobEnd, terminalCondition } from './end.ts';
import type { JobFacts } from './facts.ts';
import { judgeFailure } from './failure-policy.ts';
import { IndexSet } from './index-set.ts';
import { suspension } from './plan.ts';
import { hasFailed, indexOf, isIndexed, isTracked } from './pods.ts';

/** The maximum number of ended pods listed in the status until their finalizers are removed. */
const maxUncounted = 500;

export interface Accounts {
  /** To be written before any finalizer is removed: it prevents pods from being counted twice or never. */
  readonly status: JobStatus;
  /** Pods that the status accounts for. */
  readonly release: readonly Pod[];
  /** More pods have ended than the status may hold: another round follows. */
  readonly full: boolean;
}

interface Counting {
  readonly end?: JobEnd | undefined;
  readonly managed: boolean;
  /** After creations and deletions. */
  readonly active: number;
  readonly ready: number;
  readonly terminating: number;
  readonly timestamp: string;
}

export function countEnded(facts: JobFacts, counting: Counting): Accounts {
  const { job, failedIndexes } = facts;
  const before = withoutUntracked(job.status ?? {}, trackedUids(facts.pods));
  const uncounted = {
    succeeded: [...(before.uncountedTerminatedPods?.succeeded ?? [])],
    failed: [...(before.uncountedTerminatedPods?.failed ?? [])],
  };
  const indexes: number[] = [];
  const release: Pod[] = [];
  let full = false;
  for (const pod of inIndexOrder(facts)) {
    if (!isTracked(pod) || !mayRelease(facts, pod, counting.end)) continue;
    if (indexes.length + uncounted.succeeded.length + uncounted.failed.length >= maxUncounted) {
      full = true;
      break;
    }
    release.push(pod);
    account(facts, pod, { uncounted, indexes, end: counting.end });
  }
  const completed = facts.countedIndexes.union(IndexSet.of(indexes));
  const { active, ready, terminating } = counting;
  const status: JobStatus = {
    ...before,
    ...(isIndexed(job) ? { succeeded: completed.size, completedIndexes: String(completed) } : {}),
    ...(failedIndexes ? { failedIndexes: String(failedIndexes) } : {}),
    uncountedTerminatedPods: trimmedUncounted(uncounted),
    ...startOf(facts, counting),
    conditions: conditionsOf(facts, counting),
    active,
    ready,
    terminating,
  };
  return { status: trimmed(status), release, full };
}

/** The status once finalizers are gone: those pods become counts, and a job without remaining pods ends. */
export function settle(
  status: JobStatus,
  tracked: ReadonlySet<string>,
  { end, full, timestamp }: { end?: JobEnd | undefined; full: boolean; timestamp: string },
): JobStatus {
  const settled = withoutUntracked(status, tracked);
  const { succeeded = [], failed = [] } = settled.uncountedTerminatedPods ?? {};
  if (!end || full || succeeded.length + failed.length > 0 || (settled.terminating ?? 0) > 0) return trimmed(settled);
  const condition = stamped({ ...terminalCondition(end), status: 'True' }, timestamp);
  return trimmed({
    ...settled,
    conditions: withCondition(settled.conditions, condition, { now: timestamp }),
    ...(condition.type === 'Complete' ? { completionTime: timestamp } : {}),
  });
}

export function trackedUids(pods: readonly Pod[]): Set<string> {
  return new Set(pods.filter(isTracked).map(({ metadata }) => metadata.uid));
}

function withoutUntracked(status: JobStatus, tracked: ReadonlySet<string>): JobStatus {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  const stays = (uid: string): boolean => tracked.has(uid);
  const left = { succeeded: succeeded.filter(stays), failed: failed.filter(stays) };
  return {
    ...status,
    succeeded: (status.succeeded ?? 0) + succeeded.length - left.succeeded.length,
    failed: (status.failed ?? 0) + failed.length - left.failed.length,
    uncountedTerminatedPods: trimmedUncounted(left),
  };
}

function account(
  { job, countedIndexes }: JobFacts,
  pod: Pod,
  into: { uncounted: { succeeded: string[]; failed: string[] }; indexes: number[]; end: JobEnd | undefined },
): void {
  const { uid } = pod.metadata;
  const { uncounted, indexes, end } = into;
  const index = indexOf(job, pod);
  if (pod.status?.phase === 'Succeeded' && !uncounted.failed.includes(uid)) {
    // The list of completed indexes identifies it: no uid is needed.
    if (!isIndexed(job)) {
      if (!uncounted.succeeded.includes(uid)) uncounted.succeeded.push(uid);
    } else if (index !== undefined && !countedIndexes.has(index)) indexes.push(index);
    return;
  }
  const counts = hasFailed(job, pod) || end?.type === 'FailureTarget';
  if (!counts || uncounted.failed.includes(uid) || (isIndexed(job) && index === undefined)) return;
  if (judgeFailure(job, pod).counts) uncounted.failed.push(uid);
}

function mayRelease({ job, unreplaced }: JobFacts, pod: Pod, end: JobEnd | undefined): boolean {
  if (end || job.metadata.deletionTimestamp !== undefined || pod.status?.phase === 'Succeeded') return true;
  if (!hasFailed(job, pod)) return false;
  const index = indexOf(job, pod);
  return index === undefined || unreplaced.get(index) !== pod;
}

function inIndexOrder({ job, pods }: JobFacts): readonly Pod[] {
  if (!isIndexed(job)) return pods;
  const of = (pod: Pod): number => indexOf(job, pod) ?? -1;
  return [...pods].sort((a, b) => of(a) - of(b));
}

function conditionsOf(facts: JobFacts, { end, managed, timestamp }: Counting): JobCondition[] {
  const conditions = facts.job.status?.conditions ?? [];
  if (end) {
    const { type, reason, message } = end;
    if (conditions.some((known) => known.type === type)) return conditions;
    return [...conditions, stamped({ type, status: 'True', reason, message }, timestamp)];
  }
  const change = managed ? suspension(facts) : undefined;
  if (!change) return conditions;
  const condition =
    change === 'Suspended'
      ? { type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended' }
      : { type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed' };
  return withCondition(conditions, stamped(condition, timestamp), { now: timestamp });
}

/** The deadline starts over when a job is resumed. */
function startOf(facts: JobFacts, { managed, timestamp }: Counting): Pick<JobStatus, 'startTime'> {
  const { status, spec } = facts.job;
  const change = managed ? suspension(facts) : undefined;
  if (change === 'Resumed') return { startTime: timestamp };
  if (change === 'Suspended') return { startTime: undefined as never };
  return !status?.startTime && !spec.suspend ? { startTime: timestamp } : {};
}

function stamped(condition: JobCondition, timestamp: string): JobCondition {
  return { ...condition, lastProbeTime: timestamp, lastTransitionTime: timestamp };
}

function trimmedUncounted({ succeeded, failed }: { succeeded: string[]; failed: string[] }) {
  return { ...(succeeded.length > 0 ? { succeeded } : {}), ...(failed.length > 0 ? { failed } : {}) };
}

/** In wire format: empty fields are omitted. */
function trimmed(status: JobStatus): JobStatus {
  const empty = (name: string, value: unknown): boolean =>
    value === undefined ||
    ((name === 'active' || name === 'succeeded' || name === 'failed') && value === 0) ||
    (name === 'completedIndexes' && value === '') ||
    (name === 'conditions' && (value as unknown[]).length === 0);
  return Object.fromEntries(Object.entries(status).filter(([name, value]) => !empty(name, value)));
}
