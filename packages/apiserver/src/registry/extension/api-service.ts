import type { APIService } from '@typernetes/api/apiregistration/v1';
import { validateAPIService } from '@typernetes/api/validation';
import { pathSegmentProblems } from '@typernetes/machinery';
import { localVerdict } from '../../aggregation/availability.ts';
import { splitStrategy } from '../strategies.ts';
import type { Strategy } from '../strategy.ts';
import { formatTime } from '../times.ts';

/** Names end in a dot where the group is the core group. */
export const apiServiceStrategy: Strategy<APIService> = {
  ...splitStrategy,
  prepareForCreate(next, { now }) {
    const lastTransitionTime = formatTime(now);
    // A local APIService is available at once; others must be probed first.
    next.status = next.spec.service ? {} : { conditions: [{ ...localVerdict, lastTransitionTime }] };
  },
  validate: (next) => [...validateAPIService(next)],
  validateUpdate: (next) => [...validateAPIService(next)],
  validateName: pathSegmentProblems,
  anyFinalizer: true,
  allowUnconditionalUpdate: false,
  keepsGeneration: true,
} as Strategy<APIService>;
