import type { Clock } from '@typernetes/base';
import { badRequest, StatusError } from '@typernetes/machinery';
import { durationProblem, parseDuration } from '@typernetes/process';
import type { RequestInfo } from './request-info.ts';

/** The default time limit of a request (upstream: --request-timeout). */
const defaultLongestMs = 60_000;

const streaming: ReadonlySet<string> = new Set(['attach', 'exec', 'log', 'portforward', 'proxy']);

/** Watches, logs, profiles and proxied requests have no time limit. */
export function isLongRunning({ verb, subresource, isResourceRequest, path }: RequestInfo): boolean {
  return (
    verb === 'watch' ||
    verb === 'proxy' ||
    streaming.has(subresource) ||
    (!isResourceRequest && path.startsWith('/debug/pprof/'))
  );
}

/** The time that a request has: its own `timeout` parameter, but never more than the longest. */
export function timeLimitOf(query: URLSearchParams, longestMs = defaultLongestMs): number {
  const text = query.get('timeout');
  if (text === null || text === '') return longestMs;
  const wanted = parseDuration(text);
  if (wanted === undefined) throw badRequest(`invalid timeout specified in the request URL - ${durationProblem(text)}`);
  return wanted > 0 ? Math.min(wanted, longestMs) : longestMs;
}

const late = new WeakSet<object>();

function tooLate(): StatusError {
  const error = new StatusError('Timeout', 'Timeout: request did not complete within the allotted timeout', {
    details: {},
  });
  late.add(error);
  return error;
}

/** Whether the error says that a request exceeded its time limit. */
export const isTooLate = (error: unknown): boolean => typeof error === 'object' && error !== null && late.has(error);

/**
 * Limits how long many pieces of work may take. Those with the same limit share one timer, for the earliest of them:
 * nearly all finish long before.
 */
export class Deadlines {
  readonly #clock: Clock;
  /** By limit, in milliseconds. */
  readonly #lines = new Map<number, Line>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Like `withinTime`. */
  within<T>(work: Promise<T>, ms: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const one: Bounded = { dueAt: this.#clock.monotonic() + ms, expire: () => reject(tooLate()) };
      const line = this.#enter(one, ms);
      work.then(
        (result) => {
          this.#leave(one, line);
          resolve(result);
        },
        (error: unknown) => {
          this.#leave(one, line);
          reject(error);
        },
      );
    });
  }

  #enter(one: Bounded, ms: number): Line {
    let line = this.#lines.get(ms);
    if (!line) {
      line = { ms, waiting: new Set(), cancel: () => {} };
      this.#lines.set(ms, line);
      this.#await(line, ms);
    }
    line.waiting.add(one);
    return line;
  }

  #leave(one: Bounded, line: Line): void {
    line.waiting.delete(one);
    if (line.waiting.size === 0) this.#end(line);
  }

  #await(line: Line, ms: number): void {
    line.cancel = this.#clock.after(ms, () => this.#expire(line));
  }

  #expire(line: Line): void {
    // Entered in the order in which they are due.
    for (const one of line.waiting) {
      const left = one.dueAt - this.#clock.monotonic();
      if (left > 0) {
        this.#await(line, left);
        return;
      }
      line.waiting.delete(one);
      one.expire();
    }
    this.#end(line);
  }

  /** Nothing is left: a running timer would keep the process alive. */
  #end(line: Line): void {
    line.cancel();
    if (this.#lines.get(line.ms) === line) this.#lines.delete(line.ms);
  }
}

interface Bounded {
  readonly dueAt: number;
  readonly expire: () => void;
}

interface Line {
  readonly ms: number;
  readonly waiting: Set<Bounded>;
  cancel: () => void;
}

/** Resolves as `work` does, or rejects with a Timeout after `ms`. The work itself is not cancelled. */
export function withinTime<T>(work: Promise<T>, ms: number, clock: Clock): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => reject(tooLate()));
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
