import type { StatefulSet } from '@typernetes/api/apps/v1';
import {
  validateStatefulSet,
  validateStatefulSetStatusUpdate,
  validateStatefulSetUpdate,
} from '@typernetes/api/validation';
import { labelNameProblems, prefixOf } from '@typernetes/machinery';
import { keepSpec, keepStatus } from '../status.ts';
import type { Strategy } from '../strategy.ts';

export const statefulSetStrategy: Strategy<StatefulSet> = {
  prepareForCreate(next) {
    next.status = { replicas: 0, availableReplicas: 0 };
  },
  prepareForUpdate: keepStatus,
  validate: validateStatefulSet,
  validateUpdate: validateStatefulSetUpdate,
  // The name becomes part of its pods' host names.
  validateName: (name, isPrefix) => (isPrefix ? prefixOf(labelNameProblems)(name) : labelNameProblems(name)),
  resetFields: ['status'],
};

export const statefulSetStatusStrategy: Strategy<StatefulSet> = {
  ...statefulSetStrategy,
  prepareForUpdate: keepSpec,
  validateUpdate: validateStatefulSetStatusUpdate,
  resetFields: ['spec'],
};
