import { messageOf } from '@typernetes/base';
import { type FieldProblem, invalidValue, requiredValue, unsupportedValue } from '@typernetes/machinery';
import { notNegative, oneOf, type Problems } from '../meta/field-checks.ts';
import { isTimeZone, parseCronSchedule } from './cron-schedule.ts';
import { jobSpecProblems } from './job-validation.ts';
import type { CronJob, CronJobSpec } from './v1.gen.ts';

/** A job's name is the cron job's plus eleven characters. */
const maxNameLength = 52;

export function validateCronJob({ metadata, spec }: CronJob): FieldProblem[] {
  const problems = [...specProblems(spec)];
  if (metadata.name.length > maxNameLength) {
    problems.push(invalidValue('metadata.name', metadata.name, `must be no more than ${maxNameLength} characters`));
  }
  return problems;
}

export function validateCronJobUpdate(next: CronJob): FieldProblem[] {
  return [...specProblems(next.spec)];
}

function* specProblems(spec: CronJobSpec): Problems {
  yield* scheduleProblems(spec.schedule);
  if (spec.timeZone != null) yield* timeZoneProblems(spec.timeZone);
  yield* notNegative(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds');
  yield* oneOf(spec.concurrencyPolicy, {
    at: 'spec.concurrencyPolicy',
    of: ['Allow', 'Forbid', 'Replace'],
    required: true,
  });
  yield* notNegative(spec.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit');
  yield* notNegative(spec.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit');
  const job = spec.jobTemplate.spec;
  if (!job) return;
  const path = 'spec.jobTemplate.spec';
  if (job.selector) yield invalidValue(`${path}.selector`, job.selector, '`selector` will be auto-generated');
  if (job.manualSelector) yield unsupportedValue(`${path}.manualSelector`, job.manualSelector, ['nil', 'false']);
  yield* jobSpecProblems(job, path);
}

function* scheduleProblems(schedule: string): Problems {
  const path = 'spec.schedule';
  if (!schedule) {
    yield requiredValue(path);
    return;
  }
  if (schedule.includes('TZ')) {
    yield invalidValue(path, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead');
  }
  try {
    parseCronSchedule(schedule);
  } catch (error) {
    yield invalidValue(path, schedule, messageOf(error));
  }
}

function* timeZoneProblems(zone: string): Problems {
  const path = 'spec.timeZone';
  if (zone === '') yield invalidValue(path, zone, 'timeZone must be nil or non-empty string');
  else if (zone.toLowerCase() === 'local') {
    const detail = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
    yield invalidValue(path, zone, detail);
  } else if (!isTimeZone(zone)) yield invalidValue(path, zone, `unknown time zone ${zone}`);
}
