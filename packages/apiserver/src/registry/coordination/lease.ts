import type { Lease } from '@typernetes/api/coordination/v1';
import { validateLease } from '@typernetes/api/validation';
import type { Strategy } from '../strategy.ts';

/** Two holders must not overwrite each other unnoticed, so there is no unconditional update. */
export const leaseStrategy: Strategy<Lease> = {
  validate: validateLease,
  validateUpdate: validateLease,
  allowCreateOnUpdate: true,
  anyFinalizer: true,
  allowUnconditionalUpdate: false,
  keepsGeneration: true,
};
