import { type ApiObject, pathSegmentProblems } from '@typernetes/machinery';
import { keepSpec, keepSpecAndMeta, keepStatus } from './status.ts';
import type { Strategy } from './strategy.ts';

/** Objects without a status, without a generation and without rules beyond their metadata. */
export const recordStrategy: Strategy = { keepsGeneration: true };

/** Objects without a status that controllers watch for changes of their content. */
export const contentStrategy: Strategy = {};

/** For objects whose status belongs to a controller. */
export const splitStrategy: Strategy<ApiObject & { status?: object }> = {
  prepareForCreate(next) {
    next.status = {};
  },
  prepareForUpdate: keepStatus,
  resetFields: ['status'],
};

/** `/status` of those. */
export const splitStatusStrategy: Strategy = {
  prepareForUpdate: keepSpec,
  resetFields: ['spec'],
};

/** `/status` of kinds whose metadata it leaves alone as well. */
export const statusAloneStrategy: Strategy = {
  prepareForUpdate: keepSpecAndMeta,
  resetFields: ['spec', 'metadata'],
};

/** Roles and bindings: names may hold colons, as in `system:node`. */
export const accessStrategy: Strategy = {
  validateName: pathSegmentProblems,
  allowCreateOnUpdate: true,
  keepsGeneration: true,
};
