import type { DaemonSet } from '@typernetes/api/apps/v1';
import { validateDaemonSet, validateDaemonSetStatusUpdate, validateDaemonSetUpdate } from '@typernetes/api/validation';
import { keepSpec, keepStatus } from '../status.ts';
import type { Strategy } from '../strategy.ts';

export const daemonSetStrategy: Strategy<DaemonSet> = {
  prepareForCreate(next) {
    next.status = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 };
  },
  prepareForUpdate: keepStatus,
  validate: validateDaemonSet,
  validateUpdate: validateDaemonSetUpdate,
  resetFields: ['status'],
};

export const daemonSetStatusStrategy: Strategy<DaemonSet> = {
  ...daemonSetStrategy,
  prepareForUpdate: keepSpec,
  validateUpdate: validateDaemonSetStatusUpdate,
  resetFields: ['spec'],
};
