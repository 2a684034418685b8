import type { ReplicaSet } from '@typernetes/api/apps/v1';
import { keepSpec, keepStatus } from '../status.ts';
import type { Strategy } from '../strategy.ts';

export const replicaSetStrategy: Strategy<ReplicaSet> = {
  prepareForCreate(next) {
    next.status = { replicas: 0 };
  },
  prepareForUpdate: keepStatus,
  resetFields: ['status'],
};

export const replicaSetStatusStrategy: Strategy<ReplicaSet> = {
  ...replicaSetStrategy,
  prepareForUpdate: keepSpec,
  resetFields: ['spec'],
};
