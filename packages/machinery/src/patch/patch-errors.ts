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

/** What upstream has no class for either: a 500 with these words. */
export const unclassifiedPatchProblem = (text: string): StatusError => new StatusError('Unknown', text);

/** A list and the order that goes with it do not fit. Upstream has no class for that: a 500 with these words. */
export function contradictoryPatch(patch: string, order: string): StatusError {
  const text = `The order in patch list:\n${patch}\n doesn't match $setElementOrder list:\n${order}\n`;
  return new StatusError('Unknown', text);
}
