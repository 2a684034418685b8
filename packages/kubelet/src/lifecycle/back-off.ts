import type { Clock } from '@typernetes/base';

/** Above this number, entries that have expired are looked for and dropped. */
const manyEntries = 500;

/**
 * After this long without a failure the next one counts as the first, however short the maximum delay is (upstream:
 * HasExpiredFunc).
 */
const peaceMs = 600_000;

interface Entry {
  readonly delayMs: number;
  /** Time of day. */
  readonly lastMs: number;
  /** The same on a clock that is never set. */
  readonly notedAt: number;
  /** The failure that was last asked about, and when it was first asked about. */
  seen?: { readonly sinceMs: number; readonly at: number };
}

/**
 * Delays that double with each failure of a key, from `initialMs` up to `maxMs`, and are forgotten after ten minutes
 * without a failure: 10 s, 20 s ... 5 min, for containers and for image pulls alike.
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
    if (!entry) return 0;
    const at = this.#clock.monotonic();
    if (sinceMs === undefined) return Math.max(entry.notedAt + entry.delayMs - at, 0);
    if (entry.seen?.sinceMs !== sinceMs) entry.seen = { sinceMs, at };
    // Others' time of day may have been set since: nobody waits longer than from when the failure was first seen here.
    const left = Math.min(sinceMs - this.#clock.now(), entry.seen.at - at);
    return Math.max(left + entry.delayMs, 0);
  }

  /**
   * Records another failure, which happened at `sinceMs`: after a long time without failures, the delays start over.
   */
  next(key: string, sinceMs?: number): void {
    const entry = this.#current(key, sinceMs);
    const delayMs = entry ? Math.min(entry.delayMs * 2, this.#maxMs) : this.#initialMs;
    const now = this.#clock.now();
    this.#entries.set(key, { delayMs, lastMs: now, notedAt: this.#clock.monotonic() });
    if (this.#entries.size < manyEntries) return;
    for (const [other, { lastMs }] of this.#entries) if (now - lastMs > 2 * peaceMs) this.#entries.delete(other);
  }

  reset(key: string): void {
    this.#entries.delete(key);
  }

  #current(key: string, sinceMs = this.#clock.now()): Entry | undefined {
    const entry = this.#entries.get(key);
    if (!entry || sinceMs - entry.lastMs <= peaceMs) return entry;
    return undefined;
  }
}
