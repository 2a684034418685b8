import { badRequest, StatusError } from '../status-error.ts';

/** The patch itself is fine, but cannot be applied to this object: 422. Clients are not told why, logs are by the cause. */
export function inapplicablePatch(why: string): StatusError {
  return new StatusError('Invalid', 'the server rejected our request due to an error in our request', {
    details: {},
    cause: new Error(why),
  });
}

/** The patch is not one: 400. */
export const malformedPatch = badRequest;
