import type { Event } from '@typernetes/api/core/v1';
import { pathSegmentProblems } from '@typernetes/machinery';
import type { Strategy } from '../strategy.ts';

export const eventStrategy: Strategy<Event> = {
  validateName: pathSegmentProblems,
  allowCreateOnUpdate: true,
  keepsGeneration: true,
};
