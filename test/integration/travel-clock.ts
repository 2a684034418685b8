import { type Clock, systemClock } from '@typernetes/base';

interface Timer {
  readonly at: number;
  readonly run: () => void;
  cancel: () => void;
}

/** The machine's clock with jumps forward: what was due in the skipped time happens at once. */
export class TravelClock implements Clock {
  #skipped = 0;
  readonly #timers = new Set<Timer>();

  now(): number {
    return systemClock.now() + this.#skipped;
  }

  monotonic(): number {
    return systemClock.monotonic() + this.#skipped;
  }

  after(ms: number, run: () => void): () => void {
    const timer: Timer = { at: this.monotonic() + ms, run, cancel: () => {} };
    this.#timers.add(timer);
    this.#arm(timer);
    return () => {
      timer.cancel();
      this.#timers.delete(timer);
    };
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const cancel = this.after(ms, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      const onAbort = (): void => {
        cancel();
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  skip(ms: number): void {
    this.#skipped += ms;
    for (const timer of this.#timers) {
      timer.cancel();
      this.#arm(timer);
    }
  }

  #arm(timer: Timer): void {
    timer.cancel = systemClock.after(Math.max(0, timer.at - this.monotonic()), () => {
      this.#timers.delete(timer);
      timer.run();
    });
  }
}
