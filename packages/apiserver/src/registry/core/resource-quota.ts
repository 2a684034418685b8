import type { ResourceQuota } from '@typernetes/api/core/v1';
import {
  validateResourceQuota,
  validateResourceQuotaStatus,
  validateResourceQuotaUpdate,
} from '@typernetes/api/validation';
import { keepSpec, keepStatus } from '../status.ts';
import type { Strategy } from '../strategy.ts';

export const resourceQuotaStrategy: Strategy<ResourceQuota> = {
  prepareForCreate(next) {
    next.status = {};
  },
  prepareForUpdate: keepStatus,
  validate: validateResourceQuota,
  validateUpdate: validateResourceQuotaUpdate,
  keepsGeneration: true,
  resetFields: ['status'],
};

export const resourceQuotaStatusStrategy: Strategy<ResourceQuota> = {
  ...resourceQuotaStrategy,
  prepareForUpdate: keepSpec,
  validateUpdate: validateResourceQuotaStatus,
  resetFields: ['spec'],
};
