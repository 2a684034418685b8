import { isTimeZone, parseCronSchedule, zonedTimestamp } from '@typernetes/api';
import { type CronJob, type CronJobStatus, cronjobs, type Job, jobs } from '@typernetes/api/batch/v1';
import type { ObjectReference } from '@typernetes/api/core/v1';
import { messageOf, timestamp } from '@typernetes/base';
import { controllerReference, type Draft, findCondition, goQuote, parseTime } from '@typernetes/machinery';
import { dueTimes, untilNext } from './schedule.ts';

/** An event to record about the CronJob. */
export interface CronJobEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

export type ReviewedCronJob = CronJob & { readonly status: CronJobStatus };

/** The conclusions from the existing jobs. */
interface History {
  readonly status: CronJobStatus;
  /** Finished jobs beyond the limits, oldest first. */
  readonly expired: readonly Job[];
  readonly events: readonly CronJobEvent[];
}

/** How a job ended, if it did. */
function endOf({ status }: Job): 'Complete' | 'Failed' | undefined {
  for (const type of ['Complete', 'Failed'] as const)
    if (findCondition(status?.conditions, type)?.status === 'True') return type;
  return undefined;
}

/** `gone` are active references whose jobs the server no longer has. */
export function reviewHistory(cronJob: CronJob, children: readonly Job[], gone: ReadonlySet<string>): History {
  const events: CronJobEvent[] = [];
  let active = cronJob.status?.active ?? [];
  let success = cronJob.status?.lastSuccessfulTime;
  for (const job of children) {
    const { name, uid } = job.metadata;
    const end = endOf(job);
    const isListed = active.some((reference) => reference.uid === uid);
    if (!isListed && !end) {
      const message = `Saw a job that the controller did not create or forgot: ${name}`;
      events.push({ type: 'Warning', reason: 'UnexpectedJob', message });
    } else if (isListed && end) {
      active = active.filter((reference) => reference.uid !== uid);
      events.push({
        type: 'Normal',
        reason: 'SawCompletedJob',
        message: `Saw completed job: ${name}, condition: ${end}`,
      });
    }
    const time = job.status?.completionTime;
    if (end === 'Complete' && time && (!success || parseTime(time) > parseTime(success))) success = time;
  }
  for (const { uid = '', name } of active)
    if (gone.has(uid))
      events.push({ type: 'Normal', reason: 'MissingJob', message: `Active job went missing: ${name}` });
  active = active.filter(({ uid = '' }) => !gone.has(uid));
  const { active: _, lastSuccessfulTime: __, ...rest } = cronJob.status ?? {};
  const status = {
    ...(active.length > 0 ? { active } : {}),
    ...rest,
    ...(success ? { lastSuccessfulTime: success } : {}),
  };
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = cronJob.spec;
  const expired = [
    ...oldest(
      children.filter((job) => endOf(job) === 'Complete'),
      successfulJobsHistoryLimit,
    ),
    ...oldest(
      children.filter((job) => endOf(job) === 'Failed'),
      failedJobsHistoryLimit,
    ),
  ];
  return { status, expired, events };
}

function oldest(finished: readonly Job[], limit: number | undefined): readonly Job[] {
  if (limit === undefined) return [];
  const started = ({ metadata, status }: Job): number => parseTime(status?.startTime ?? metadata.creationTimestamp);
  const sorted = [...finished].sort((a, b) => started(a) - started(b) || (a.metadata.name < b.metadata.name ? -1 : 1));
  return sorted.slice(0, Math.max(0, sorted.length - limit));
}

/** The job that is due. */
export interface JobStart {
  readonly job: Draft<Job>;
  readonly scheduled: string;
  /** Active jobs that it takes the place of. */
  readonly replace: readonly ObjectReference[];
}

interface CronPlan {
  readonly events: readonly CronJobEvent[];
  readonly start?: JobStart;
  readonly requeueAfterMs?: number;
}

/** Decides from the spec, the status as {@link reviewHistory} leaves it, and the time. */
export function planCronJob(cronJob: CronJob, now: number): CronPlan {
  const { spec, status, metadata } = cronJob;
  const idle = (...events: CronJobEvent[]): CronPlan => ({ events });
  if (metadata.deletionTimestamp !== undefined) return idle();
  const warning = (reason: string, message: string): CronJobEvent => ({ type: 'Warning', reason, message });
  const zone = spec.timeZone ?? 'UTC';
  if (!isTimeZone(zone)) {
    return idle(warning('UnknownTimeZone', `invalid timeZone: ${goQuote(zone)}: unknown time zone ${zone}`));
  }
  if (spec.suspend) return idle();
  let schedule: ReturnType<typeof parseCronSchedule>;
  try {
    schedule = parseCronSchedule(spec.schedule, zone);
  } catch (error) {
    const message = `unparseable schedule: ${goQuote(spec.schedule)} : ${messageOf(error)}`;
    return idle(warning('UnparseableSchedule', message));
  }
  const events: CronJobEvent[] = [];
  const { latest, missed } = dueTimes(cronJob, { schedule, now, withDeadline: true });
  if (missed === 'many') {
    const advice = 'Set or decrease .spec.startingDeadlineSeconds or check clock skew';
    events.push(warning('TooManyMissedTimes', `too many missed start times. ${advice}`));
  }
  const wait = (from: CronJob): Pick<CronPlan, 'requeueAfterMs'> => {
    const requeueAfterMs = untilNext(from, { schedule, now });
    return requeueAfterMs === undefined ? {} : { requeueAfterMs };
  };
  if (latest === undefined) return { events, ...wait(cronJob) };
  const deadline = spec.startingDeadlineSeconds;
  if (deadline !== undefined && latest + Number(deadline) * 1000 < now) {
    const time = new Date(latest).toUTCString().replace('GMT', '+0000');
    events.push(warning('MissSchedule', `Missed scheduled time to start a job: ${time}`));
    return { events, ...wait(cronJob) };
  }
  const scheduled = timestamp(latest);
  const name = jobName(cronJob, latest);
  const active = status?.active ?? [];
  const isStarted = status?.lastScheduleTime === scheduled || active.some((reference) => reference.name === name);
  if (isStarted) return { events, ...wait(cronJob) };
  if (spec.concurrencyPolicy === 'Forbid' && active.length > 0) {
    const message = 'Not starting job because prior execution is running and concurrency policy is Forbid';
    events.push({ type: 'Normal', reason: 'JobAlreadyActive', message });
    return { events, ...wait(cronJob) };
  }
  const started = { ...cronJob, status: { ...status, lastScheduleTime: scheduled } };
  return {
    events,
    start: {
      job: jobOf(cronJob, { name, scheduled: zonedTimestamp(latest, zone) }),
      scheduled,
      replace: spec.concurrencyPolicy === 'Replace' ? active : [],
    },
    ...wait(started),
  };
}

/** There is one job per scheduled minute. */
function jobName({ metadata }: CronJob, at: number): string {
  return `${metadata.name}-${Math.floor(at / 60_000)}`;
}

function jobOf(cronJob: CronJob, { name, scheduled }: { name: string; scheduled: string }): Draft<Job> {
  const { metadata, spec } = cronJob.spec.jobTemplate;
  return {
    metadata: {
      name,
      namespace: cronJob.metadata.namespace,
      ...(metadata?.labels ? { labels: metadata.labels } : {}),
      annotations: { ...metadata?.annotations, 'batch.kubernetes.io/cronjob-scheduled-timestamp': scheduled },
      ownerReferences: [controllerReference(cronJob, cronjobs)],
    },
    spec: spec ?? { template: {} },
  };
}

/** The reference to an active job in the status. */
export function referenceTo({ metadata }: Job): ObjectReference {
  const { name, namespace, uid, resourceVersion } = metadata;
  return { kind: jobs.kind, namespace, name, uid, apiVersion: 'batch/v1', resourceVersion };
}
