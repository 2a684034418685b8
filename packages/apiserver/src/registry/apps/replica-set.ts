import type { ReplicaSet } from '@typernetes/api/apps/v1';
import { validateReplicaSet, validateReplicaSetStatus, validateReplicaSetUpdate } from '@typernetes/api/validation';
import { keepSpec, keepStatus } from '../status.ts';
import type { Strategy } from '../strategy.ts';

export const replicaSetStrategy: Strategy<ReplicaSet> = {
  prepareForCreate(next) {
    next.status = { replicas: 0 };
  },
  prepareForUpdate: keepStatus,
  validate: validateReplicaSet,
  validateUpdate: validateReplicaSetUpdate,
  resetFields: ['status'],
};

export const replicaSetStatusStrategy: Strategy<ReplicaSet> = {
  ...replicaSetStrategy,
  prepareForUpdate: keepSpec,
  validateUpdate: validateReplicaSetStatus,
  resetFields: ['spec'],
};
