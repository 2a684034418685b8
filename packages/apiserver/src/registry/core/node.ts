import type { Node } from '@typernetes/api/core/v1';
import { validateNode, validateNodeUpdate } from '@typernetes/api/validation';
import { keepSpec, keepStatus } from '../status.ts';
import type { Strategy } from '../strategy.ts';

function* nodeWarnings({ spec }: Node): Iterable<string> {
  if (spec?.configSource) yield 'spec.configSource: the feature is removed';
  if (spec?.externalID) yield 'spec.externalID: this field is deprecated, and is unused by Kubernetes';
}

/** A kubelet registers its node including the status: the only kind whose status create accepts. */
export const nodeStrategy: Strategy<Node> = {
  prepareForUpdate: keepStatus,
  validate: validateNode,
  validateUpdate: validateNodeUpdate,
  warningsOnCreate: nodeWarnings,
  warningsOnUpdate: nodeWarnings,
  keepsGeneration: true,
  resetFields: ['status'],
};

export const nodeStatusStrategy: Strategy<Node> = {
  ...nodeStrategy,
  prepareForUpdate: keepSpec,
  warningsOnUpdate: () => [],
  validateUpdate: validateNodeUpdate,
  resetFields: ['spec'],
};
