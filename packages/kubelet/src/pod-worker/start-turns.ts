import type { Clock } from '@typernetes/base';

/**
 * How long a start may keep others waiting: a longer one is waiting for something other than the CPU, such as an image.
 */
const longestTurnMs = 1000;

/**
 * Starts pods one after the other, in order. Starting a pod is CPU-bound, so that several concurrent starts would all
 * finish late; of a control plane's pods, everything else waits for the API server.
 */
export class StartTurns {
  readonly #clock: Clock;
  #last: Promise<void> = Promise.resolve();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs `start` when those before have ended, or have had their time. */
  async take<R>(start: () => Promise<R>): Promise<R> {
    const before = this.#last;
    const turn = Promise.withResolvers<void>();
    this.#last = turn.promise;
    await before;
    const expire = this.#clock.after(longestTurnMs, turn.resolve);
    try {
      return await start();
    } finally {
      expire();
      turn.resolve();
    }
  }
}
