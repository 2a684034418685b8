import type { Job, JobStatus } from '@typernetes/api/batch/v1';
import { exponentialBuckets, type Metrics } from '@typernetes/process';
import type { JobFacts } from './facts.ts';
import { judgeFailure } from './failure-policy.ts';
import { IndexSet } from './index-set.ts';

/** The action of a round, in upstream's words. */
export type JobAction = 'reconciling' | 'tracking' | 'pods_created' | 'pods_deleted';

export interface JobMetrics {
  synced(job: Job, of: { readonly action: JobAction; readonly failed: boolean; readonly seconds: number }): void;
  /** Pods were to be made. */
  created(facts: JobFacts, of: { readonly done: number; readonly failed: number }): void;
  /** Ended pods were counted in the status; `before` and `after` are the statuses. */
  counted(facts: JobFacts, before: JobStatus | undefined, after: JobStatus): void;
  finished(job: Job, end: { readonly type: string; readonly reason: string }): void;
  /** A pod ended that still has the finalizer, or an ended one lost it. */
  tracked(event: 'add' | 'delete'): void;
  /** Somebody else looks after a job. */
  external(controller: string): void;
}

/** `job_controller_*`. */
export function jobMetrics(metrics: Metrics): JobMetrics {
  const stable = (name: string, help: string, labels: readonly string[]) =>
    metrics.counter(`job_controller_${name}`, { help, stability: 'STABLE', labels });
  const alpha = (name: string, help: string, labels: readonly string[]) =>
    metrics.counter(`job_controller_${name}`, { help, labels });
  const syncs = stable('job_syncs_total', 'The number of job syncs', ['completion_mode', 'result', 'action']);
  const duration = metrics.histogram('job_controller_job_sync_duration_seconds', {
    help: 'The time it took to sync a job',
    stability: 'STABLE',
    labels: ['completion_mode', 'result', 'action'],
    buckets: exponentialBuckets(0.004, 2, 15),
  });
  const finished = stable('jobs_finished_total', 'The number of finished jobs', [
    'completion_mode',
    'result',
    'reason',
  ]);
  const pods = stable('job_pods_finished_total', 'The number of finished Pods that are fully tracked', [
    'completion_mode',
    'result',
  ]);
  const policy = alpha(
    'pod_failures_handled_by_failure_policy_total',
    'The number of failed Pods handled by failure policy with respect to the failure policy action applied based on the matched rule. Possible values of the action label correspond to the possible values for the failure policy rule action, which are: "FailJob", "Ignore" and "Count".',
    ['action'],
  );
  const tracked = alpha(
    'terminated_pods_tracking_finalizer_total',
    'The number of terminated pods (phase=Failed|Succeeded) that have the finalizer batch.kubernetes.io/job-tracking The event label can be "add" or "delete".',
    ['event'],
  );
  const indexes = alpha(
    'job_finished_indexes_total',
    'The number of finished indexes. Possible values for the status label are: "succeeded", "failed". Possible values for the backoffLimit label are: "perIndex" and "global"',
    ['status', 'backoffLimit'],
  );
  const creations = alpha(
    'job_pods_creation_total',
    'The number of Pods created by the Job controller labelled with a reason for the Pod creation. This metric also distinguishes between Pods created using different PodReplacementPolicy settings. Possible values of the "reason" label are: "new", "recreate_terminating_or_failed", "recreate_failed". Possible values of the "status" label are: "succeeded", "failed".',
    ['reason', 'status'],
  );
  const external = alpha('jobs_by_external_controller_total', 'The number of Jobs managed by an external controller', [
    'controller_name',
  ]);
  const modeOf = ({ spec }: Job): string => spec.completionMode ?? 'NonIndexed';
  const sizeOf = (text: string | undefined, job: Job): number => IndexSet.parse(text, job.spec.completions ?? 0).size;
  const addMore = (counter: typeof pods, labels: readonly string[], more: number): void => {
    if (more > 0) counter.add(labels, more);
  };
  return {
    synced: (job, { action, failed, seconds }) => {
      const labels = [modeOf(job), failed ? 'error' : 'success', action];
      syncs.add(labels);
      duration.observe(seconds, labels);
    },
    created: ({ job, failed: failedPods, terminating }, { done, failed }) => {
      const recreatesFailed = (job.spec.podReplacementPolicy ?? 'TerminatingOrFailed') === 'Failed' && failedPods > 0;
      const again = failedPods > 0 || terminating > 0 ? 'recreate_terminating_or_failed' : 'new';
      const reason = recreatesFailed ? 'recreate_failed' : again;
      addMore(creations, [reason, 'succeeded'], done);
      addMore(creations, [reason, 'failed'], failed);
    },
    counted: ({ job, newFailed }, before, after) => {
      const mode = modeOf(job);
      addMore(pods, [mode, 'succeeded'], (after.succeeded ?? 0) - (before?.succeeded ?? 0));
      addMore(pods, [mode, 'failed'], (after.failed ?? 0) - (before?.failed ?? 0));
      const limit = job.spec.backoffLimitPerIndex === undefined ? 'global' : 'perIndex';
      const more = (name: 'completedIndexes' | 'failedIndexes'): number =>
        sizeOf(after[name], job) - sizeOf(before?.[name], job);
      addMore(indexes, ['succeeded', limit], more('completedIndexes'));
      addMore(indexes, ['failed', limit], more('failedIndexes'));
      if (!job.spec.podFailurePolicy) return;
      for (const pod of newFailed) {
        const { action } = judgeFailure(job, pod);
        if (action) policy.add([action]);
      }
    },
    finished: (job, { type, reason }) =>
      finished.add([modeOf(job), type === 'Complete' ? 'succeeded' : 'failed', reason]),
    tracked: (event) => tracked.add([event]),
    external: (controller) => external.add([controller]),
  };
}
