import { type CronJob, type CronJobStatus, cronjobs, type Job } from '@typernetes/api/batch/v1';
import type { ObjectReference } from '@typernetes/api/core/v1';
import { type Clock, messageOf } from '@typernetes/base';
import type { EventRecorder, Informer, Reconciler, ResourceClient, Result } from '@typernetes/client';
import {
  type Draft,
  isAlreadyExists,
  isControlledBy,
  isForbidden,
  isNotFound,
  type StatusError,
} from '@typernetes/machinery';
import { byController } from '../ownership/indexes.ts';
import { sameJson } from '../same-json.ts';
import { planCronJob, referenceTo, reviewHistory } from './plan.ts';

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

export function cronJobReconciler({
  cronJobs,
  jobs,
  cronJobClient,
  jobClient,
  events,
  clock,
  late,
}: CronJobDeps): Reconciler {
  const target = ({ metadata }: CronJob) => ({ apiVersion: 'batch/v1', kind: cronjobs.kind, metadata });

  const get = async (ref: { name: string; namespace: string }): Promise<Job | undefined> => {
    try {
      return await jobClient.get(ref);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  };

  /** References to jobs that the cache lacks: it may lag behind, so the server is asked. */
  const missing = async (cronJob: CronJob, children: readonly Job[]): Promise<Set<string>> => {
    const known = new Set(children.map(({ metadata }) => metadata.uid));
    const gone = new Set<string>();
    for (const { uid = '', name = '' } of cronJob.status?.active ?? []) {
      if (known.has(uid)) continue;
      const job = await get({ name, namespace: cronJob.metadata.namespace ?? '' });
      if (job?.metadata.uid !== uid) gone.add(uid);
    }
    return gone;
  };

  const remove = async (cronJob: CronJob, name: string): Promise<void> => {
    const { namespace } = cronJob.metadata;
    try {
      await jobClient.delete({ name, namespace: namespace ?? '' }, { propagationPolicy: 'Background' });
      events.event(target(cronJob), 'Normal', 'SuccessfulDelete', `Deleted job ${name}`);
    } catch (error) {
      if (isNotFound(error)) return;
      events.event(target(cronJob), 'Warning', 'FailedDelete', `Deleted job: ${messageOf(error)}`);
      throw error;
    }
  };

  /** Undefined when there is nothing to list as active. */
  const start = async (cronJob: CronJob, draft: Draft<Job>): Promise<Job | undefined> => {
    try {
      const job = await jobClient.create(draft);
      events.event(target(cronJob), 'Normal', 'SuccessfulCreate', `Created job ${job.metadata.name}`);
      return job;
    } catch (error) {
      if (isNamespaceTerminating(error)) return undefined;
      // Created by us earlier, but not in the status yet.
      const { name = '', namespace = '' } = draft.metadata;
      const existing = isAlreadyExists(error) ? await get({ name, namespace }) : undefined;
      if (existing && isControlledBy(existing, cronJob)) return existing;
      events.event(target(cronJob), 'Warning', 'FailedCreate', `Error creating job: ${messageOf(error)}`);
      throw error;
    }
  };

  return {
    name: 'cronjob-controller',
    async reconcile(key): Promise<Result> {
      const cronJob = cronJobs.lister.get(key);
      if (!cronJob) return {};
      const children = jobs.lister.byIndex(byController, cronJob.metadata.uid);
      const history = reviewHistory(cronJob, children, await missing(cronJob, children));
      for (const { metadata } of history.expired) await remove(cronJob, metadata.name);
      const reviewed = { ...cronJob, status: history.status };
      const plan = planCronJob(reviewed, clock.now());
      for (const { type, reason, message } of [...history.tales, ...plan.tales])
        events.event(target(cronJob), type, reason, message);
      let { status }: { status: CronJobStatus } = reviewed;
      if (plan.start) {
        for (const { name = '' } of plan.replace) await remove(cronJob, name);
        const kept = (status.active ?? []).filter((reference: ObjectReference) => !plan.replace.includes(reference));
        const job = await start(cronJob, plan.start.job);
        if (job) late((Date.parse(job.metadata.creationTimestamp) - Date.parse(plan.start.scheduled)) / 1000);
        const active = job ? [...kept, referenceTo(job)] : kept;
        const { active: _, ...rest } = status;
        const scheduled = job ? { lastScheduleTime: plan.start.scheduled } : {};
        status = { ...(active.length > 0 ? { active } : {}), ...rest, ...scheduled };
      }
      if (!sameJson(status, cronJob.status ?? {})) await cronJobClient.updateStatus({ ...cronJob, status });
      return plan.requeueAfterMs === undefined ? {} : { requeueAfterMs: plan.requeueAfterMs };
    },
  };
}

function isNamespaceTerminating(error: unknown): boolean {
  if (!isForbidden(error)) return false;
  return !!(error as StatusError).details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating');
}
