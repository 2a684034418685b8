import { badRequest, StatusError } from '../status-error.ts';

/** The patch itself is fine, but cannot be applied to this object: 422. Only the cause says why: it is for logs, not for clients. */
export function inapplicablePatch(why: string): StatusError {
  return new StatusError('Invalid', 'the server rejected our request due to an error in our request', {
    details: {},
    cause: new Error(why),
  });
}

const failedTests = new WeakSet<object>();

/** An inapplicable patch, because of an operation `test`. */
export function failedTest(why: string): StatusError {
  const error = inapplicablePatch(why);
  failedTests.add(error);
  return error;
}

export const isFailedTest = (error: unknown): boolean => error instanceof Error && failedTests.has(error);

/** The patch is invalid: 400. */
export const malformedPatch = badRequest;

/** As upstream, an error without a reason: a 500 with these words. */
export const unclassifiedPatchProblem = (text: string): StatusError => new StatusError('Unknown', text);

/** A list does not fit its order directive. As upstream, an error without a reason: a 500 with these words. */
export function contradictoryPatch(patch: string, order: string): StatusError {
  const text = `The order in patch list:\n${patch}\n doesn't match $setElementOrder list:\n${order}\n`;
  return new StatusError('Unknown', text);
}
