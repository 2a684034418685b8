import type { Clock } from '@typernetes/base';

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
    const entry = this.#current(key);
    return entry ? Math.max((sinceMs ?? entry.lastMs) + entry.delayMs - this.#clock.now(), 0) : 0;
  }

  /** Notes another failure. */
  next(key: string): void {
    const entry = this.#current(key);
    const delayMs = entry ? Math.min(entry.delayMs * 2, this.#maxMs) : this.#initialMs;
    this.#entries.set(key, { delayMs, lastMs: this.#clock.now() });
  }

  reset(key: string): void {
    this.#entries.delete(key);
  }

  #current(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (!entry || this.#clock.now() - entry.lastMs <= 2 * this.#maxMs) return entry;
    this.#entries.delete(key);
    return undefined;
  }
}
