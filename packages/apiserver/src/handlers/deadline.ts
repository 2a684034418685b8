import type { Clock } from '@typernetes/base';
import { badRequest, StatusError } from '@typernetes/machinery';
import { parseDuration } from '@typernetes/process';
import type { RequestInfo } from '../request/request-info.ts';

/** How long an answer may take unless the flags say otherwise (upstream: --request-timeout). */
const defaultLongestMs = 60_000;

const streaming: ReadonlySet<string> = new Set(['attach', 'exec', 'log', 'portforward', 'proxy']);

/** Watches, logs, and what goes through to somebody else last as long as they last. */
export function isLongRunning({ verb, subresource }: RequestInfo): boolean {
  return verb === 'watch' || verb === 'proxy' || streaming.has(subresource);
}

/** The time that a request has: its own `timeout` parameter, but never more than the longest. */
export function timeLimitOf(query: URLSearchParams, longestMs = defaultLongestMs): number {
  const text = query.get('timeout');
  if (text === null || text === '') return longestMs;
  const wanted = parseDuration(text);
  if (wanted === undefined) throw badRequest('invalid timeout specified in the request URL');
  return wanted > 0 ? Math.min(wanted, longestMs) : longestMs;
}

/** What `work` resolves to, or a Timeout when that takes longer than `ms`. What was begun is not undone. */
export function withinTime<T>(work: Promise<T>, ms: number, clock: Clock): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () =>
      reject(
        new StatusError('Timeout', 'Timeout: request did not complete within the allotted timeout', { details: {} }),
      ),
    );
    work.then(
      (result) => {
        cancel();
        resolve(result);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
}
