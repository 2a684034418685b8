import type { Node } from '@typernetes/api/core/v1';
import { validateNode, validateNodeUpdate } from '@typernetes/api/validation';
import { keepSpec, keepStatus } from '../status.ts';
import type { Strategy } from '../strategy.ts';

/** A kubelet registers its node with the status in it: the one status that create accepts. */
export const nodeStrategy: Strategy<Node> = {
  prepareForUpdate: keepStatus,
  validate: validateNode,
  validateUpdate: validateNodeUpdate,
  keepsGeneration: true,
  resetFields: ['status'],
};

export const nodeStatusStrategy: Strategy<Node> = {
  ...nodeStrategy,
  prepareForUpdate: keepSpec,
  validateUpdate: validateNodeUpdate,
  resetFields: ['spec'],
};
