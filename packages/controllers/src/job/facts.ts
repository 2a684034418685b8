import { isPodActive, isPodReady, isPodTerminal } from '@typernetes/api';
import type { Job } from '@typernetes/api/batch/v1';
import type { Pod } from '@typernetes/api/core/v1';
import { judgeFailure } from './failure-policy.ts';
import { IndexSet } from './index-set.ts';
import { failuresBefore, finishedAt, hasFailed, indexOf, isIndexed, isLeaving, isTracked } from './pods.ts';

/** The facts from a job's status and pods. */
export interface JobFacts {
  readonly job: Job;
  readonly pods: readonly Pod[];
  readonly active: readonly Pod[];
  readonly ready: number;
  readonly terminating: number;
  /** Ended pods that are not in the counts yet. */
  readonly newSucceeded: readonly Pod[];
  readonly newFailed: readonly Pod[];
  /** Including those that are not in the status yet. */
  readonly succeeded: number;
  readonly failed: number;
  /** For Indexed jobs: from the status, plus those of the pods. */
  readonly countedIndexes: IndexSet;
  readonly succeededIndexes: IndexSet;
  /** With backoffLimitPerIndex. */
  readonly failedIndexes: IndexSet | undefined;
  /** With backoffLimitPerIndex: the failed pods that stay until their replacements take over their count. */
  readonly unreplaced: ReadonlyMap<number, Pod>;
}

export function gatherFacts(job: Job, pods: readonly Pod[]): JobFacts {
  const { status = {}, spec } = job;
  const completions = spec.completions ?? 0;
  const uncounted = {
    succeeded: new Set(status.uncountedTerminatedPods?.succeeded),
    failed: new Set(status.uncountedTerminatedPods?.failed),
  };
  const countedIndexes = IndexSet.parse(isIndexed(job) ? status.completedIndexes : undefined, completions);
  const isNew = (pod: Pod, known: ReadonlySet<string>): boolean =>
    isTracked(pod) && !known.has(pod.metadata.uid) && (!isIndexed(job) || indexOf(job, pod) !== undefined);
  const newSucceeded = pods.filter((pod) => pod.status?.phase === 'Succeeded' && isNew(pod, uncounted.succeeded));
  const newFailed = pods.filter((pod) => hasFailed(job, pod) && isNew(pod, uncounted.failed));
  const succeededIndexes = countedIndexes.union(IndexSet.of(newSucceeded.flatMap((pod) => indexOf(job, pod) ?? [])));
  const counting = newFailed.filter((pod) => judgeFailure(job, pod).counts);
  const active = pods.filter(isPodActive);
  const failedIndexes = failedIndexesOf(job, pods);
  return {
    job,
    pods,
    active,
    ready: active.filter(isPodReady).length,
    terminating: pods.filter((pod) => isLeaving(pod) && !isPodTerminal(pod)).length,
    newSucceeded,
    newFailed,
    succeeded: isIndexed(job)
      ? succeededIndexes.size
      : (status.succeeded ?? 0) + newSucceeded.length + uncounted.succeeded.size,
    failed: (status.failed ?? 0) + counting.length + uncounted.failed.size,
    countedIndexes,
    succeededIndexes,
    failedIndexes,
    unreplaced: failedIndexes ? unreplacedPods({ job, pods, active, succeededIndexes, failedIndexes }) : new Map(),
  };
}

function failedIndexesOf(job: Job, pods: readonly Pod[]): IndexSet | undefined {
  const { backoffLimitPerIndex: limit, completions = 0 } = job.spec;
  if (limit === undefined || !isIndexed(job)) return undefined;
  const failed = pods.filter((pod) => isTracked(pod) && hasFailed(job, pod) && endsIndex(job, pod, limit));
  const known = IndexSet.parse(job.status?.failedIndexes, completions);
  return known.union(IndexSet.of(failed.flatMap((pod) => indexOf(job, pod) ?? [])));
}

function endsIndex(job: Job, pod: Pod, limit: number): boolean {
  const { counts, action } = judgeFailure(job, pod);
  return action === 'FailIndex' || (counts && failuresBefore(pod).counted >= limit);
}

function unreplacedPods({
  job,
  pods,
  active,
  succeededIndexes,
  failedIndexes,
}: Pick<JobFacts, 'job' | 'pods' | 'active' | 'succeededIndexes'> & { failedIndexes: IndexSet }): Map<number, Pod> {
  const running = new Set(active.map((pod) => indexOf(job, pod)));
  const found = new Map<number, Pod>();
  for (const pod of pods) {
    const index = indexOf(job, pod);
    if (index === undefined || !isTracked(pod) || !hasFailed(job, pod)) continue;
    if (running.has(index) || succeededIndexes.has(index) || failedIndexes.has(index)) continue;
    const other = found.get(index);
    if (!other || isLater(pod, other)) found.set(index, pod);
  }
  return found;
}

function isLater(pod: Pod, other: Pod): boolean {
  const total = (one: Pod): number => failuresBefore(one).counted + failuresBefore(one).ignored;
  return total(pod) !== total(other) ? total(pod) > total(other) : finishedAt(pod) > finishedAt(other);
}
