import type { APIService } from '@typernetes/api/apiregistration/v1';
import { validateAPIService } from '@typernetes/api/validation';
import { pathSegmentProblems } from '@typernetes/machinery';
import { splitStrategy } from '../strategies.ts';
import type { Strategy } from '../strategy.ts';

/** Names end in a dot where the group is the core group. */
export const apiServiceStrategy: Strategy<APIService> = {
  ...splitStrategy,
  validate: (next) => [...validateAPIService(next)],
  validateUpdate: (next) => [...validateAPIService(next)],
  validateName: pathSegmentProblems,
  anyFinalizer: true,
  allowUnconditionalUpdate: false,
  keepsGeneration: true,
} as Strategy<APIService>;
