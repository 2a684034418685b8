import type { Event } from '@typernetes/api/core/v1';
import { validateCoreEvent } from '@typernetes/api/validation';
import { pathSegmentProblems } from '@typernetes/machinery';
import type { Strategy } from '../strategy.ts';

export const eventStrategy: Strategy<Event> = {
  validate: validateCoreEvent,
  validateUpdate: validateCoreEvent,
  validateName: pathSegmentProblems,
  allowCreateOnUpdate: true,
  anyFinalizer: true,
  keepsGeneration: true,
  defaultPropagation: 'Unsupported',
};
