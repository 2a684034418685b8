import type { Clock } from '@typernetes/base';
import type { ObjectKey } from '@typernetes/machinery';
import type { QueueTimes } from './queue-times.ts';

export interface WorkQueueOptions {
  readonly clock: Clock;
  /** The first pause of addRateLimited, in milliseconds; it doubles with each failure; default: 5. */
  readonly firstDelayMs?: number;
  readonly maxDelayMs?: number;
  /** Measures how long keys wait and are held. */
  readonly times?: QueueTimes;
}

/**
 * Keys waiting for a worker, first in, first out. Three guarantees: a key waits at most once however often it was added; a key that a
 * worker holds (taken and not yet done) is not given to another; and a key that was added while it was held is given out again afterwards.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #firstDelayMs: number;
  readonly #maxDelayMs: number;
  readonly #waiting = new Set<ObjectKey>();
  readonly #held = new Set<ObjectKey>();
  /** Added while held. */
  readonly #again = new Set<ObjectKey>();
  readonly #delayed = new Map<ObjectKey, { readonly at: number; readonly cancel: () => void }>();
  readonly #failures = new Map<ObjectKey, number>();
  readonly #takers: ((key: ObjectKey | undefined) => void)[] = [];
  readonly #times: QueueTimes | undefined;
  #closed = false;

  constructor({ clock, firstDelayMs = 5, maxDelayMs = 1_000_000, times }: WorkQueueOptions) {
    this.#times = times;
    this.#clock = clock;
    this.#firstDelayMs = firstDelayMs;
    this.#maxDelayMs = maxDelayMs;
  }

  /** How many keys are waiting, not counting held and delayed ones. */
  get length(): number {
    return this.#waiting.size;
  }

  add(key: ObjectKey): void {
    if (this.#closed) return;
    this.#times?.added(key);
    if (this.#held.has(key)) {
      this.#again.add(key);
      return;
    }
    const taker = this.#waiting.has(key) ? undefined : this.#takers.shift();
    if (!taker) this.#waiting.add(key);
    else {
      this.#held.add(key);
      this.#times?.taken(key);
      taker(key);
    }
  }

  /** Adds the key after `ms`; if it is delayed already, the earlier time counts. */
  addAfter(key: ObjectKey, ms: number): void {
    if (this.#closed) return;
    if (ms <= 0) {
      this.add(key);
      return;
    }
    const at = this.#clock.monotonic() + ms;
    const pending = this.#delayed.get(key);
    if (pending && pending.at <= at) return;
    pending?.cancel();
    const cancel = this.#clock.after(ms, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { at, cancel });
  }

  /** Adds the key after a pause that grows with its failures: 5 ms, 10 ms, 20 ms, and so on up to 1000 s. */
  addRateLimited(key: ObjectKey): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#times?.retried();
    this.addAfter(key, Math.min(this.#firstDelayMs * 2 ** failures, this.#maxDelayMs));
  }

  /** Resets the failures of a key, after success or when it is given up. */
  forget(key: ObjectKey): void {
    this.#failures.delete(key);
  }

  failures(key: ObjectKey): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The next key, as soon as there is one; undefined once the queue is shut down. Call `done` with it afterwards. */
  take(): Promise<ObjectKey | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    for (const key of this.#waiting) {
      this.#waiting.delete(key);
      this.#held.add(key);
      this.#times?.taken(key);
      return Promise.resolve(key);
    }
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  done(key: ObjectKey): void {
    this.#times?.done(key);
    this.#held.delete(key);
    if (this.#again.delete(key)) this.add(key);
  }

  /** Drops waiting and delayed keys; `take` returns undefined from now on. */
  shutDown(): void {
    this.#closed = true;
    this.#waiting.clear();
    this.#again.clear();
    for (const { cancel } of this.#delayed.values()) cancel();
    this.#delayed.clear();
    for (const taker of this.#takers.splice(0)) taker(undefined);
  }
}
