import type { Clock } from '@typernetes/base';

interface Pull {
  readonly done: Promise<number>;
  readonly stop: AbortController;
  waiters: number;
}

/**
 * Pulls at most `parallel` images at a time, in the order of the requests. Requests for an image that is already being
 * pulled share that pull, which is cancelled when nobody waits for it any more.
 */
export class PullQueue {
  readonly #clock: Clock;
  #free: number;
  readonly #pulls = new Map<string, Pull>();
  readonly #line: (() => void)[] = [];

  constructor(clock: Clock, parallel: number) {
    this.#clock = clock;
    this.#free = parallel;
  }

  /** Resolves with how long the pull itself took, in milliseconds. Rejects as soon as `signal` aborts. */
  async pull(key: string, start: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    const pull = this.#pulls.get(key) ?? this.#begin(key, start);
    pull.waiters++;
    const left = Promise.withResolvers<never>();
    const leave = (): void => left.reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await Promise.race([pull.done, left.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
      if (--pull.waiters === 0) pull.stop.abort();
    }
  }

  #begin(key: string, start: (signal: AbortSignal) => Promise<void>): Pull {
    const stop = new AbortController();
    const done = this.#inTurn(start, stop.signal).finally(() => this.#pulls.delete(key));
    // Its waiters may all have left by the time it fails.
    done.catch(() => {});
    const pull: Pull = { done, stop, waiters: 0 };
    this.#pulls.set(key, pull);
    return pull;
  }

  async #inTurn(start: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<number> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#line.push(resolve));
    try {
      signal.throwIfAborted();
      const began = this.#clock.monotonic();
      await start(signal);
      return this.#clock.monotonic() - began;
    } finally {
      const next = this.#line.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
