import { type CronJob, type CronJobStatus, cronjobs, type Job } from '@typernetes/api/batch/v1';
import { type Clock, messageOf } from '@typernetes/base';
import {
  type EventRecorder,
  eventTarget,
  type Informer,
  type Reconciler,
  type ResourceClient,
  type Result,
} from '@typernetes/client';
import {
  type Draft,
  ifFound,
  isAlreadyExists,
  isControlledBy,
  isNamespaceTerminating,
  isNotFound,
  jsonEqual,
  type ObjectKey,
} from '@typernetes/machinery';
import { byController } from '../ownership/indexes.ts';
import {
  type CronJobEvent,
  type JobStart,
  planCronJob,
  type ReviewedCronJob,
  referenceTo,
  reviewHistory,
} from './plan.ts';

interface CronJobDeps {
  readonly cronJobs: Pick<Informer<CronJob>, 'lister'>;
  readonly jobs: Pick<Informer<Job>, 'lister'>;
  readonly cronJobClient: Pick<ResourceClient<CronJob>, 'updateStatus'>;
  readonly jobClient: Pick<ResourceClient<Job>, 'get' | 'create' | 'delete'>;
  readonly events: EventRecorder;
  readonly clock: Clock;
  /** Called with the delay of a created job after its scheduled time, in seconds. */
  readonly late: (seconds: number) => void;
}

export class CronJobReconciler implements Reconciler {
  readonly name = 'cronjob-controller';
  readonly #deps: CronJobDeps;

  constructor(deps: CronJobDeps) {
    this.#deps = deps;
  }

  async reconcile(key: ObjectKey): Promise<Result> {
    const { cronJobs, jobs, cronJobClient, clock } = this.#deps;
    const cronJob = cronJobs.lister.get(key);
    if (!cronJob) return {};
    const children = jobs.lister.byIndex(byController, cronJob.metadata.uid);
    const history = reviewHistory(cronJob, children, await this.#missing(cronJob, children));
    for (const { metadata } of history.expired) await this.#remove(cronJob, metadata.name);
    const reviewed = { ...cronJob, status: history.status };
    const plan = planCronJob(reviewed, clock.now());
    for (const event of [...history.events, ...plan.events]) this.#record(cronJob, event);
    const status = plan.start ? await this.#start(reviewed, plan.start) : history.status;
    if (!jsonEqual(status, cronJob.status ?? {})) await cronJobClient.updateStatus({ ...cronJob, status });
    return plan.requeueAfterMs === undefined ? {} : { requeueAfterMs: plan.requeueAfterMs };
  }

  /** Uids of active jobs that are gone. The cache may lag behind, so the server is asked about those that it lacks. */
  async #missing(cronJob: CronJob, children: readonly Job[]): Promise<Set<string>> {
    const known = new Set(children.map(({ metadata }) => metadata.uid));
    const gone = new Set<string>();
    for (const { uid = '', name = '' } of cronJob.status?.active ?? []) {
      if (known.has(uid)) continue;
      const job = await ifFound(this.#deps.jobClient.get({ name, namespace: cronJob.metadata.namespace ?? '' }));
      if (job?.metadata.uid !== uid) gone.add(uid);
    }
    return gone;
  }

  /** Starts the job that is due, in place of those that it replaces. Returns the status afterwards. */
  async #start(cronJob: ReviewedCronJob, { job: draft, scheduled, replace }: JobStart): Promise<CronJobStatus> {
    for (const { name = '' } of replace) await this.#remove(cronJob, name);
    const job = await this.#create(cronJob, draft);
    if (job) this.#deps.late((Date.parse(job.metadata.creationTimestamp) - Date.parse(scheduled)) / 1000);
    const { active = [], ...rest } = cronJob.status;
    const kept = active.filter((reference) => !replace.includes(reference));
    const listed = job ? [...kept, referenceTo(job)] : kept;
    return {
      ...(listed.length > 0 ? { active: listed } : {}),
      ...rest,
      ...(job ? { lastScheduleTime: scheduled } : {}),
    };
  }

  /** Undefined when there is nothing to list as active. */
  async #create(cronJob: CronJob, draft: Draft<Job>): Promise<Job | undefined> {
    const { jobClient } = this.#deps;
    try {
      const job = await jobClient.create(draft);
      const message = `Created job ${job.metadata.name}`;
      this.#record(cronJob, { type: 'Normal', reason: 'SuccessfulCreate', message });
      return job;
    } catch (error) {
      if (isNamespaceTerminating(error)) return undefined;
      // Created by us earlier, but not in the status yet.
      const { name = '', namespace = '' } = draft.metadata;
      const existing = isAlreadyExists(error) ? await ifFound(jobClient.get({ name, namespace })) : undefined;
      if (existing && isControlledBy(existing, cronJob)) return existing;
      const message = `Error creating job: ${messageOf(error)}`;
      this.#record(cronJob, { type: 'Warning', reason: 'FailedCreate', message });
      throw error;
    }
  }

  async #remove(cronJob: CronJob, name: string): Promise<void> {
    const { namespace = '' } = cronJob.metadata;
    try {
      await this.#deps.jobClient.delete({ name, namespace }, { propagationPolicy: 'Background' });
      this.#record(cronJob, { type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted job ${name}` });
    } catch (error) {
      if (isNotFound(error)) return;
      const message = `Deleted job: ${messageOf(error)}`;
      this.#record(cronJob, { type: 'Warning', reason: 'FailedDelete', message });
      throw error;
    }
  }

  #record(cronJob: CronJob, { type, reason, message }: CronJobEvent): void {
    this.#deps.events.event(eventTarget(cronjobs, cronJob), type, reason, message);
  }
}
