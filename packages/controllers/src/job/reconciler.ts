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
import { jsonEqual, type ObjectKey, selectorFromObject } from '@typernetes/machinery';
import { claim } from '../ownership/claim.ts';
import { createPods, deletePods } from '../pods/recorded-writes.ts';
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

/** Each round counts ended pods, creates and deletes others by the plan, and writes the status. */
export class JobReconciler implements Reconciler {
  readonly name = 'job-controller';
  readonly #deps: JobDeps;
  readonly #unseen: UnseenWrites<Pod>;
  readonly #unseenStatus: UnseenWrites<Job>;
  readonly #records = new Map<ObjectKey, FailureRecord>();

  constructor(deps: JobDeps) {
    this.#deps = deps;
    this.#unseen = new UnseenWrites(deps.pods);
    this.#unseenStatus = new UnseenWrites(deps.jobs);
  }

  async reconcile(key: ObjectKey): Promise<Result> {
    const job = this.#deps.jobs.lister.get(key);
    if (!job || isFinished(job) || (job.spec.managedBy ?? ownName) !== ownName) return this.#forget(key);
    if (this.#unseen.has(key) || this.#unseenStatus.has(key)) {
      this.#deps.skipped();
      return { requeueAfterMs: 5000 };
    }
    const startedAt = this.#deps.clock.monotonic();
    let action: JobAction = 'reconciling';
    let failed = true;
    try {
      const result = await this.#sync(key, job, (what) => {
        action = what;
      });
      failed = false;
      return result;
    } finally {
      this.#deps.metrics.synced(job, { action, failed, seconds: (this.#deps.clock.monotonic() - startedAt) / 1000 });
    }
  }

  async #store(key: ObjectKey, job: Job, status: JobStatus): Promise<Job> {
    if (jsonEqual(status, job.status)) return job;
    const stored = await this.#deps.jobClient.updateStatus({ ...job, status });
    this.#unseenStatus.wrote(key, stored);
    return stored;
  }

  /** Carries out the plan; returns the counts after it, however far it got. */
  async #manage(facts: JobFacts, plan: JobPlan) {
    const { podClient, events } = this.#deps;
    const writes = { podClient, events, unseen: this.#unseen };
    const { job } = facts;
    const removed = await deletePods(target(job), plan.remove, writes);
    const drafts = plan.create.map((wish) => podFor(job, wish));
    const created = removed.failure ? { done: [] } : await createPods(target(job), drafts, writes);
    if (drafts.length > 0)
      this.#deps.metrics.created(facts, { done: created.done.length, failed: created.failure ? 1 : 0 });
    const action: JobAction =
      removed.done.length > 0 ? 'pods_deleted' : created.done.length > 0 ? 'pods_created' : 'tracking';
    return {
      action,
      active: facts.active.length - removed.done.length + created.done.length,
      ready: facts.ready - removed.done.filter(isPodReady).length,
      terminating: facts.terminating + removed.done.length,
      failure: removed.failure ?? created.failure,
    };
  }

  async #release(key: ObjectKey, pods: readonly Pod[], { release: counted }: Accounts) {
    const tracked = trackedUids(pods);
    const outcomes = await Promise.allSettled(
      counted.map(async (pod) => {
        const released = await releasePod(pod, this.#deps.podClient);
        if (released) this.#unseen.wrote(key, released);
        tracked.delete(pod.metadata.uid);
      }),
    );
    return { tracked, failure: outcomes.find((outcome) => outcome.status === 'rejected')?.reason };
  }

  #recordEnd(job: Job, end: JobEnd): void {
    const { type, reason = '', message = '' } = terminalCondition(end);
    this.#deps.metrics.finished(job, { type, reason });
    if (type === 'Complete') this.#deps.events.event(target(job), 'Normal', 'Completed', 'Job completed');
    else this.#deps.events.event(target(job), 'Warning', reason, message);
  }

  #forget(key: ObjectKey): Result {
    this.#unseen.forget(key);
    this.#unseenStatus.forget(key);
    this.#records.delete(key);
    return {};
  }

  async #sync(key: ObjectKey, job: Job, did: (action: JobAction) => void): Promise<Result> {
    const pods = await claim(job, selectorFromObject(job.spec.selector), {
      owners: this.#deps.jobClient,
      ownerType: jobs,
      owned: this.#deps.pods.lister,
      writer: this.#deps.podClient,
      finalizer: trackingFinalizer,
    });
    const now = this.#deps.clock.now();
    const at = timestamp(now);
    const facts = gatherFacts(job, pods);
    const record = withEnded(this.#records.get(key) ?? noFailures, {
      succeeded: facts.newSucceeded,
      failed: facts.newFailed,
    });
    const plan = planJob(facts, { record, now });
    const managed = await this.#manage(facts, plan);
    did(managed.action);
    // While a pod that had to go is still there, nothing is declared over.
    const end = managed.failure ? undefined : plan.end;
    const accounts = countEnded(facts, { ...managed, end, managed: plan.managed, timestamp: at });
    const counted = await this.#store(key, job, accounts.status);
    this.#records.set(key, record);
    const change = plan.managed ? suspension(facts) : undefined;
    if (change) this.#deps.events.event(target(job), 'Normal', change, `Job ${change.toLowerCase()}`);

    const { tracked, failure } = await this.#release(key, pods, accounts);
    const settled = settle(counted.status ?? {}, tracked, { end, full: accounts.full, timestamp: at });
    const last = await this.#store(key, counted, settled);
    this.#deps.metrics.counted(facts, job.status, last.status ?? {});
    if (end && isFinished(last)) this.#recordEnd(job, end);
    if (failure !== undefined) throw failure;
    if (managed.failure) throw managed.failure.error;
    // The event of a job that has just started brings it back here, to see how long its deadline is off.
    return plan.requeueAfterMs === undefined ? {} : { requeueAfterMs: plan.requeueAfterMs };
  }
}

const target = ({ metadata }: Job) => ({ apiVersion: 'batch/v1', kind: jobs.kind, metadata });

/** Releases pods whose job is gone or finished: they will not be counted any more. Keys are pods. */
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
