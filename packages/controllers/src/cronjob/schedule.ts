import type { CronSchedule } from '@typernetes/api';
import type { CronJob } from '@typernetes/api/batch/v1';
import { parseTime } from '@typernetes/machinery';

/** The times that a CronJob has missed up to now. In milliseconds since the epoch. */
interface Due {
  /** The time from which missed starts are looked for. */
  readonly since: number;
  /** The latest missed time. */
  readonly latest?: number;
  readonly missed: 'none' | 'few' | 'many';
}

const fewMissed = 100;

/**
 * Looks for the latest time that is due, from the last run (or the creation) on, not further back than the starting deadline
 * when `withDeadline`. The number of missed times is estimated from the distance of the first two.
 */
export function dueTimes(
  { metadata, spec, status }: CronJob,
  { schedule, now, withDeadline }: { schedule: CronSchedule; now: number; withDeadline: boolean },
): Due {
  const last = parseTime(status?.lastScheduleTime ?? metadata.creationTimestamp);
  const deadline = spec.startingDeadlineSeconds;
  const since = withDeadline && deadline !== undefined ? Math.max(last, now - Number(deadline) * 1000) : last;
  const first = schedule.next(since);
  if (first === undefined || now < first) return { since, missed: 'none' };
  const second = schedule.next(first);
  if (second === undefined || now < second) return { since, latest: first, missed: 'none' };
  const distance = second - first;
  const count = Math.floor((now - first) / distance) + 1;
  let latest: number | undefined;
  for (
    let time = schedule.next(first + (count - 2) * distance);
    time !== undefined && time <= now;
    time = schedule.next(time)
  )
    latest = time;
  return { since, ...(latest === undefined ? {} : { latest }), missed: count > fewMissed ? 'many' : 'few' };
}

/** Milliseconds until the next time, plus a margin so that it has passed for certain; undefined when there is none. */
export function untilNext(
  cronJob: CronJob,
  { schedule, now }: { schedule: CronSchedule; now: number },
): number | undefined {
  const { since, latest, missed } = dueTimes(cronJob, { schedule, now, withDeadline: false });
  const next = schedule.next(latest ?? (missed === 'none' ? since : now));
  return next === undefined ? undefined : next + 100 - now;
}
