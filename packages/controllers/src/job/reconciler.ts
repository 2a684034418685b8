import { isPodReady } from '@typernetes/api';
import { type Job, type JobStatus, jobs } from '@typernetes/api/batch/v1';
import type { Pod } from '@typernetes/api/core/v1';
import { type Clock, timestamp } from '@typernetes/base';
import {
  type EventRecorder,
  type Informer,
  type Reconciler,
  type ResourceClient,
  type Result,
  UnseenWrites,
} from '@typernetes/client';
import { type ObjectKey, selectorFromObject } from '@typernetes/machinery';
import { claim } from '../ownership/claim.ts';
import { createPods, deletePods } from '../pods/told-writes.ts';
import { sameJson } from '../same-json.ts';
import { type FailureRecord, noFailures, withEnded } from './back-off.ts';
import { isFinished, type JobEnd, terminalCondition } from './end.ts';
import { gatherFacts, type JobFacts } from './facts.ts';
import { releasePod } from './finalizers.ts';
import type { JobAction, JobMetrics } from './metrics.ts';
import { type JobPlan, planJob, suspension } from './plan.ts';
import { isTracked, podFor, trackingFinalizer } from './pods.ts';
import { type Accounts, countEnded, settle, trackedUids } from './tracking.ts';

interface JobDeps {
  readonly jobs: Pick<Informer<Job>, 'lister' | 'revision'>;
  readonly pods: Pick<Informer<Pod>, 'lister' | 'revision'>;
  readonly jobClient: Pick<ResourceClient<Job>, 'get' | 'updateStatus'>;
  readonly podClient: Pick<ResourceClient<Pod>, 'create' | 'delete' | 'patch'>;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly metrics: JobMetrics;
  /** Called for each round that is skipped to wait for the cache. */
  readonly skipped: () => void;
}

export const ownName = 'kubernetes.io/job-controller';

export function jobReconciler(deps: JobDeps): Reconciler {
  const { jobClient, podClient, events, clock, metrics } = deps;
  const unseen = new UnseenWrites(deps.pods);
  const unseenStatus = new UnseenWrites(deps.jobs);
  const records = new Map<ObjectKey, FailureRecord>();
  const target = ({ metadata }: Job) => ({ apiVersion: 'batch/v1', kind: jobs.kind, metadata });

  const store = async (key: ObjectKey, job: Job, status: JobStatus): Promise<Job> => {
    if (sameJson(status, job.status)) return job;
    const stored = await jobClient.updateStatus({ ...job, status });
    unseenStatus.wrote(key, stored);
    return stored;
  };

  /** Carries out the plan; returns the counts after it, however far it got. */
  const manage = async (facts: JobFacts, plan: JobPlan) => {
    const writes = { podClient, events, unseen };
    const { job } = facts;
    const removed = await deletePods(target(job), plan.remove, writes);
    const drafts = plan.create.map((wish) => podFor(job, wish));
    const created = removed.failure ? { done: [] } : await createPods(target(job), drafts, writes);
    if (drafts.length > 0) metrics.created(facts, { done: created.done.length, failed: created.failure ? 1 : 0 });
    const action: JobAction =
      removed.done.length > 0 ? 'pods_deleted' : created.done.length > 0 ? 'pods_created' : 'tracking';
    return {
      action,
      active: facts.active.length - removed.done.length + created.done.length,
      ready: facts.ready - removed.done.filter(isPodReady).length,
      terminating: facts.terminating + removed.done.length,
      failure: removed.failure ?? created.failure,
    };
  };

  const release = async (key: ObjectKey, pods: readonly Pod[], { release: counted }: Accounts) => {
    const tracked = trackedUids(pods);
    const outcomes = await Promise.allSettled(
      counted.map(async (pod) => {
        const released = await releasePod(pod, podClient);
        if (released) unseen.wrote(key, released);
        tracked.delete(pod.metadata.uid);
      }),
    );
    return { tracked, failure: outcomes.find((outcome) => outcome.status === 'rejected')?.reason };
  };

  const tell = (job: Job, end: JobEnd): void => {
    const { type, reason = '', message = '' } = terminalCondition(end);
    metrics.finished(job, { type, reason });
    if (type === 'Complete') events.event(target(job), 'Normal', 'Completed', 'Job completed');
    else events.event(target(job), 'Warning', reason, message);
  };

  const forget = (key: ObjectKey): Result => {
    unseen.forget(key);
    unseenStatus.forget(key);
    records.delete(key);
    return {};
  };

  const sync = async (key: ObjectKey, job: Job, did: (action: JobAction) => void): Promise<Result> => {
    const pods = await claim(job, selectorFromObject(job.spec.selector), {
      owners: jobClient,
      ownerType: jobs,
      owned: deps.pods.lister,
      writer: podClient,
      finalizer: trackingFinalizer,
    });
    const now = clock.now();
    const at = timestamp(now);
    const facts = gatherFacts(job, pods);
    const record = withEnded(records.get(key) ?? noFailures, {
      succeeded: facts.newSucceeded,
      failed: facts.newFailed,
    });
    const plan = planJob(facts, { record, now });
    const managed = await manage(facts, plan);
    did(managed.action);
    // While a pod that had to go is still there, nothing is declared over.
    const end = managed.failure ? undefined : plan.end;
    const accounts = countEnded(facts, { ...managed, end, managed: plan.managed, timestamp: at });
    const counted = await store(key, job, accounts.status);
    records.set(key, record);
    const change = plan.managed ? suspension(facts) : undefined;
    if (change) events.event(target(job), 'Normal', change, `Job ${change.toLowerCase()}`);

    const { tracked, failure } = await release(key, pods, accounts);
    const settled = settle(counted.status ?? {}, tracked, { end, full: accounts.full, timestamp: at });
    const last = await store(key, counted, settled);
    metrics.counted(facts, job.status, last.status ?? {});
    if (end && isFinished(last)) tell(job, end);
    if (failure !== undefined) throw failure;
    if (managed.failure) throw managed.failure.error;
    // The event of a job that has just started brings it back here, to see how long its deadline is off.
    return plan.requeueAfterMs === undefined ? {} : { requeueAfterMs: plan.requeueAfterMs };
  };

  return {
    name: 'job-controller',
    async reconcile(key): Promise<Result> {
      const job = deps.jobs.lister.get(key);
      if (!job || isFinished(job) || (job.spec.managedBy ?? ownName) !== ownName) return forget(key);
      if (unseen.has(key) || unseenStatus.has(key)) {
        deps.skipped();
        return { requeueAfterMs: 5000 };
      }
      const startedAt = clock.monotonic();
      let action: JobAction = 'reconciling';
      let failed = true;
      try {
        const result = await sync(key, job, (what) => {
          action = what;
        });
        failed = false;
        return result;
      } finally {
        metrics.synced(job, { action, failed, seconds: (clock.monotonic() - startedAt) / 1000 });
      }
    },
  };
}

/** Releases pods whose job is gone or finished: nobody will count them any more. Keys are pods. */
export function orphanReconciler({
  jobs: jobInformer,
  pods,
  podClient,
}: Pick<JobDeps, 'jobs' | 'pods' | 'podClient'>): Reconciler {
  return {
    name: 'job-orphan-pods',
    async reconcile(key): Promise<Result> {
      const pod = pods.lister.get(key);
      if (!pod || !isTracked(pod) || isWatched(pod, jobInformer.lister)) return {};
      await releasePod(pod, podClient);
      return {};
    },
  };
}

function isWatched({ metadata }: Pod, lister: Informer<Job>['lister']): boolean {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  const job = owner?.kind === jobs.kind ? lister.get(`${metadata.namespace}/${owner.name}`) : undefined;
  if (!job || job.metadata.uid !== owner?.uid) return false;
  return !isFinished(job) || (job.spec.managedBy ?? ownName) !== ownName;
}
