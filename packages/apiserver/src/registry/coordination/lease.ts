import type { Lease } from '@typernetes/api/coordination/v1';
import type { Strategy } from '../strategy.ts';

/** Two holders must not overwrite each other unseen, so there is no unconditional update. */
export const leaseStrategy: Strategy<Lease> = {
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  keepsGeneration: true,
};
