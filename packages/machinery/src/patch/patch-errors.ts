import { badRequest, StatusError } from '../status-error.ts';

/** The patch itself is fine, but cannot be applied to this object: 422 with the reason as its cause. */
export function inapplicablePatch(why: string): StatusError {
  return new StatusError('Invalid', 'the server rejected our request due to an error in our request', {
    details: { causes: [{ reason: 'UnexpectedServerResponse', message: why }] },
  });
}

/** The patch is not one: 400. */
export const malformedPatch = badRequest;
