import type { Deployment } from '@typernetes/api/apps/v1';
import {
  validateDeployment,
  validateDeploymentStatusUpdate,
  validateDeploymentUpdate,
} from '@typernetes/api/validation';
import { podNamesWarnings, podTemplateWarnings } from '@typernetes/api/warnings';
import { canonicalJson } from '@typernetes/machinery';
import { keepSpec, keepStatus } from '../status.ts';
import type { Strategy } from '../strategy.ts';

export const deploymentStrategy: Strategy<Deployment> = {
  prepareForCreate(next) {
    next.status = {};
  },
  prepareForUpdate: keepStatus,
  validate: validateDeployment,
  validateUpdate: validateDeploymentUpdate,
  warningsOnCreate: function* ({ metadata, spec }) {
    yield* podNamesWarnings(metadata.name);
    yield* podTemplateWarnings(spec.template, 'spec.template');
  },
  warningsOnUpdate: ({ metadata, spec }, current) =>
    metadata.generation === current.metadata.generation ? [] : podTemplateWarnings(spec.template, 'spec.template'),
  // Annotations count as content: the controller copies them to its replica sets.
  bumpsGeneration: (next, current) =>
    canonicalJson(next.spec) !== canonicalJson(current.spec) ||
    canonicalJson(next.metadata.annotations ?? {}) !== canonicalJson(current.metadata.annotations ?? {}),
  resetFields: ['status'],
};

export const deploymentStatusStrategy: Strategy<Deployment> = {
  ...deploymentStrategy,
  prepareForUpdate(next, current) {
    keepSpec(next, current);
    if (current.metadata.labels) next.metadata.labels = current.metadata.labels;
    else delete next.metadata.labels;
  },
  bumpsGeneration: () => false,
  validateUpdate: validateDeploymentStatusUpdate,
  resetFields: ['spec', 'metadata.labels'],
};
