import type { Job, JobCondition, SuccessPolicyRule } from '@typernetes/api/batch/v1';
import { findCondition, parseTime } from '@typernetes/machinery';
import type { JobFacts } from './facts.ts';
import { judgeFailure } from './failure-policy.ts';
import { IndexSet } from './index-set.ts';
import { hasFailed, isIndexed } from './pods.ts';

/** Why a job ends: `SuccessCriteriaMet` or `FailureTarget`, set before its pods are gone. */
export interface JobEnd {
  readonly type: 'SuccessCriteriaMet' | 'FailureTarget';
  readonly reason: string;
  readonly message: string;
}

const failure = (reason: string, message: string): JobEnd => ({ type: 'FailureTarget', reason, message });

export const completionsReached: JobEnd = {
  type: 'SuccessCriteriaMet',
  reason: 'CompletionsReached',
  message: 'Reached expected number of succeeded pods',
};

/** From the status if it is set there, else by the policies and limits. */
export function endOf(facts: JobFacts, now: number): JobEnd | undefined {
  const { conditions } = facts.job.status ?? {};
  for (const type of ['SuccessCriteriaMet', 'FailureTarget'] as const) {
    const known = findCondition(conditions, type);
    if (known?.status === 'True') return { type, reason: known.reason ?? '', message: known.message ?? '' };
  }
  return failedByPolicy(facts) ?? failedByLimit(facts, now) ?? failedByIndexes(facts) ?? succeededByPolicy(facts);
}

function failedByPolicy({ job, pods }: JobFacts): JobEnd | undefined {
  if (!job.spec.podFailurePolicy) return undefined;
  for (const pod of pods) {
    const { failsJob } = hasFailed(job, pod) ? judgeFailure(job, pod) : {};
    if (failsJob !== undefined) return failure('PodFailurePolicy', failsJob);
  }
  return undefined;
}

function failedByLimit(facts: JobFacts, now: number): JobEnd | undefined {
  const { job, failed } = facts;
  if (failed > (job.spec.backoffLimit ?? 6) || restartedTooOften(facts)) {
    return failure('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  }
  const left = timeLeft(job, now);
  return left !== undefined && left <= 0
    ? failure('DeadlineExceeded', 'Job was active longer than specified deadline')
    : undefined;
}

/** Restarts of containers within their pods count as well. */
function restartedTooOften({ job, pods }: JobFacts): boolean {
  if (job.spec.template.spec?.restartPolicy !== 'OnFailure') return false;
  let restarts = 0;
  for (const { status } of pods) {
    if (status?.phase !== 'Running' && status?.phase !== 'Pending') continue;
    for (const { restartCount } of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])])
      restarts += restartCount ?? 0;
  }
  const limit = job.spec.backoffLimit ?? 6;
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

/** Milliseconds until the deadline; undefined when there is none or it is not running. */
export function timeLeft({ spec, status }: Job, now: number): number | undefined {
  if (spec.activeDeadlineSeconds === undefined || !status?.startTime || spec.suspend) return undefined;
  return parseTime(status.startTime) + Number(spec.activeDeadlineSeconds) * 1000 - now;
}

function failedByIndexes({ job, failedIndexes, succeededIndexes }: JobFacts): JobEnd | undefined {
  const { maxFailedIndexes, completions = 0 } = job.spec;
  if (!failedIndexes) return undefined;
  if (maxFailedIndexes !== undefined && failedIndexes.size > maxFailedIndexes) {
    return failure('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes');
  }
  const isOver = failedIndexes.size > 0 && failedIndexes.size + succeededIndexes.size >= completions;
  return isOver ? failure('FailedIndexes', 'Job has failed indexes') : undefined;
}

function succeededByPolicy({ job, succeededIndexes }: JobFacts): JobEnd | undefined {
  if (!isIndexed(job)) return undefined;
  const isMet = ({ succeededIndexes: wanted, succeededCount: count }: SuccessPolicyRule): boolean => {
    if (wanted === undefined) return count !== undefined && succeededIndexes.size >= count;
    const named = IndexSet.parse(wanted, job.spec.completions ?? 0);
    return named.sharedWith(succeededIndexes) >= (count ?? named.size);
  };
  const index = job.spec.successPolicy?.rules.findIndex(isMet) ?? -1;
  return index < 0
    ? undefined
    : { type: 'SuccessCriteriaMet', reason: 'SuccessPolicy', message: `Matched rules at index ${index}` };
}

/** The final condition of a job, set once all its pods are gone and counted. */
export function terminalCondition({
  type,
  reason,
  message,
}: JobEnd): Pick<JobCondition, 'type' | 'reason' | 'message'> {
  return { type: type === 'FailureTarget' ? 'Failed' : 'Complete', reason, message };
}

/** Whether a job has ended for good. */
export function isFinished({ status }: Job): boolean {
  return !!status?.conditions?.some(({ type, status: value }) => /^(Complete|Failed)$/.test(type) && value === 'True');
}
