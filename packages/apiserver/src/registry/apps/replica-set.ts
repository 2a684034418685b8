import type { ReplicaSet } from '@typernetes/api/apps/v1';
import { validateReplicaSet, validateReplicaSetStatus, validateReplicaSetUpdate } from '@typernetes/api/validation';
import { podNamesWarnings, podTemplateWarnings } from '@typernetes/api/warnings';
import { keepSpec, keepStatus } from '../status.ts';
import type { Strategy } from '../strategy.ts';

export const replicaSetStrategy: Strategy<ReplicaSet> = {
  prepareForCreate(next) {
    next.status = { replicas: 0 };
  },
  prepareForUpdate: keepStatus,
  validate: validateReplicaSet,
  validateUpdate: validateReplicaSetUpdate,
  warningsOnCreate: function* ({ metadata, spec }) {
    yield* podNamesWarnings(metadata.name);
    yield* podTemplateWarnings(spec.template, 'spec.template');
  },
  warningsOnUpdate: ({ metadata, spec }, current) =>
    metadata.generation === current.metadata.generation ? [] : podTemplateWarnings(spec.template, 'spec.template'),
  resetFields: ['status'],
};

export const replicaSetStatusStrategy: Strategy<ReplicaSet> = {
  ...replicaSetStrategy,
  prepareForUpdate: keepSpec,
  validateUpdate: validateReplicaSetStatus,
  resetFields: ['spec'],
};
