import type { CronJob } from '@typernetes/api/batch/v1';
import { validateCronJob, validateCronJobUpdate } from '@typernetes/api/validation';
import { keepSpec, keepStatus } from '../status.ts';
import type { Strategy } from '../strategy.ts';

export const cronJobStrategy: Strategy<CronJob> = {
  prepareForCreate(next) {
    next.status = {};
  },
  prepareForUpdate: keepStatus,
  validate: validateCronJob,
  validateUpdate: validateCronJobUpdate,
  resetFields: ['status'],
};

export const cronJobStatusStrategy: Strategy<CronJob> = {
  ...cronJobStrategy,
  prepareForUpdate: keepSpec,
  validateUpdate: () => [],
  resetFields: ['spec'],
};
