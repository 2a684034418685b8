import type { PriorityClass } from '@typernetes/api/scheduling/v1';
import type { Strategy } from '../strategy.ts';

export const priorityClassStrategy: Strategy<PriorityClass> = {
  bumpsGeneration: () => false,
};
