import type { PriorityClass } from '@typernetes/api/scheduling/v1';
import { validatePriorityClass, validatePriorityClassUpdate } from '@typernetes/api/validation';
import type { Strategy } from '../strategy.ts';

export const priorityClassStrategy: Strategy<PriorityClass> = {
  validate: validatePriorityClass,
  validateUpdate: validatePriorityClassUpdate,
  bumpsGeneration: () => false,
};
