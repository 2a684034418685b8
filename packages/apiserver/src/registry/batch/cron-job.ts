import type { CronJob } from '@typernetes/api/batch/v1';
import { validateCronJob, validateCronJobUpdate } from '@typernetes/api/validation';
import { jobSpecWarnings, podNamesWarnings } from '@typernetes/api/warnings';
import { keepSpec, keepStatus } from '../status.ts';
import type { Strategy } from '../strategy.ts';

export const cronJobStrategy: Strategy<CronJob> = {
  prepareForCreate(next) {
    next.status = {};
  },
  prepareForUpdate: keepStatus,
  validate: validateCronJob,
  validateUpdate: validateCronJobUpdate,
  warningsOnCreate: function* ({ metadata, spec }) {
    yield* podNamesWarnings(metadata.name);
    yield* jobSpecWarnings(spec.jobTemplate.spec, 'spec.jobTemplate.spec');
  },
  warningsOnUpdate: function* ({ metadata, spec }, current) {
    if (metadata.generation !== current.metadata.generation)
      yield* jobSpecWarnings(spec.jobTemplate.spec, 'spec.jobTemplate.spec');
    if (spec.schedule.includes('TZ'))
      yield 'cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details';
  },
  resetFields: ['status'],
};

export const cronJobStatusStrategy: Strategy<CronJob> = {
  ...cronJobStrategy,
  prepareForUpdate: keepSpec,
  validateUpdate: () => [],
  warningsOnUpdate: () => [],
  resetFields: ['spec'],
};
