import type { Clock } from '@typernetes/base';

/** From here on entries of containers that have long been at peace, or are no more, are looked for and dropped. */
const manyEntries = 500;

interface Entry {
  delayMs: number;
  lastMs: number;
}

/**
 * Delays that double with each failure of one key, from `initialMs` up to `maxMs`, and are forgotten after twice the longest without a
 * failure: 10 s, 20 s ... 5 min, and 10 minutes of peace, for containers and for image pulls alike.
 */
export class BackOff {
  readonly #clock: Clock;
  readonly #initialMs: number;
  readonly #maxMs: number;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock, options: { initialMs?: number; maxMs?: number } = {}) {
    this.#clock = clock;
    this.#initialMs = options.initialMs ?? 10_000;
    this.#maxMs = options.maxMs ?? 300_000;
  }

  /** Milliseconds of the delay in force for the key, 0 for none. */
  delayOf(key: string): number {
    return this.#current(key)?.delayMs ?? 0;
  }

  /** Milliseconds left to wait, when the failure was at `sinceMs` (by default: when it was noted). */
  remaining(key: string, sinceMs?: number): number {
    const entry = this.#current(key, sinceMs);
    return entry ? Math.max((sinceMs ?? entry.lastMs) + entry.delayMs - this.#clock.now(), 0) : 0;
  }

  /** Notes another failure, which was at `sinceMs`: what failed after a long time of peace begins anew. */
  next(key: string, sinceMs?: number): void {
    const entry = this.#current(key, sinceMs);
    const delayMs = entry ? Math.min(entry.delayMs * 2, this.#maxMs) : this.#initialMs;
    const now = this.#clock.now();
    this.#entries.set(key, { delayMs, lastMs: now });
    if (this.#entries.size < manyEntries) return;
    for (const [other, { lastMs }] of this.#entries) if (now - lastMs > 4 * this.#maxMs) this.#entries.delete(other);
  }

  reset(key: string): void {
    this.#entries.delete(key);
  }

  #current(key: string, sinceMs = this.#clock.now()): Entry | undefined {
    const entry = this.#entries.get(key);
    if (!entry || sinceMs - entry.lastMs <= 2 * this.#maxMs) return entry;
    return undefined;
  }
}
