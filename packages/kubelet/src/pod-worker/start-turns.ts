import type { Clock } from '@typernetes/base';

/** As long as a start may keep others waiting: one that takes longer waits for something that is not the processor, an image for instance. */
const longestTurnMs = 1000;

/**
 * Starts one after the other, in the order in which they are asked for. Starting a pod is work for the processors, and several at once are
 * all ready late: of a control plane's pods, the API server is the one that everything else waits for.
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
