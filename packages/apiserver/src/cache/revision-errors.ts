import { StatusError } from '@typernetes/machinery';

/** The error for a revision that is no longer available. */
export function expired(message: string): StatusError {
  return new StatusError('Expired', message);
}

/** The error for a watch or list from before the oldest available revision, in upstream's words. */
export function tooOld(wanted: number, oldest: number): StatusError {
  return expired(`too old resource version: ${wanted} (${oldest})`);
}

/** The error for a revision that has not been reached in time; `retries`: whether a client is told when to try again. */
export function tooLarge(wanted: number, current: number, { retries = true } = {}): StatusError {
  return new StatusError('Timeout', `Timeout: Too large resource version: ${wanted}, current: ${current}`, {
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      ...(retries ? { retryAfterSeconds: 1 } : {}),
    },
  });
}
