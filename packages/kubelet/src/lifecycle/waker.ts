import type { Clock } from '@typernetes/base';

/** Waiting that ends early when there is a reason to look again. A wake between two waits is not lost. */
export class Waker {
  readonly #clock: Clock;
  #next = Promise.withResolvers<void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wake(): void {
    this.#next.resolve();
  }

  /** Waits until woken, until `ms` have passed, or until the signal aborts. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    const wake = (): void => this.wake();
    const cancel = Number.isFinite(ms) ? this.#clock.after(ms, wake) : () => {};
    signal.addEventListener('abort', wake, { once: true });
    if (signal.aborted) wake();
    await this.#next.promise;
    signal.removeEventListener('abort', wake);
    cancel();
    this.#next = Promise.withResolvers();
  }
}
