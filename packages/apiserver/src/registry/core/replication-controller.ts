import type { ReplicationController } from '@typernetes/api/core/v1';
import { validateReplicationController, validateReplicationControllerStatus } from '@typernetes/api/validation';
import { podNamesWarnings, podTemplateWarnings } from '@typernetes/api/warnings';
import { keepSpec, keepStatus } from '../status.ts';
import type { Strategy } from '../strategy.ts';

export const replicationControllerStrategy: Strategy<ReplicationController> = {
  prepareForCreate(next) {
    next.status = { replicas: 0 };
  },
  prepareForUpdate: keepStatus,
  validate: validateReplicationController,
  validateUpdate: validateReplicationController,
  warningsOnCreate: function* ({ metadata, spec }) {
    yield* podNamesWarnings(metadata.name);
    yield* podTemplateWarnings(spec?.template, 'spec.template');
  },
  warningsOnUpdate: ({ metadata, spec }, current) =>
    metadata.generation === current.metadata.generation ? [] : podTemplateWarnings(spec?.template, 'spec.template'),
  resetFields: ['status'],
  // Its pods outlived it before there was a garbage collector, and still do unless asked.
  defaultPropagation: 'Orphan',
};

export const replicationControllerStatusStrategy: Strategy<ReplicationController> = {
  ...replicationControllerStrategy,
  prepareForUpdate: keepSpec,
  validateUpdate: validateReplicationControllerStatus,
  resetFields: ['spec'],
};
