import type { Clock } from '@typernetes/base';

/** Caches answers for a while, at most `capacity` of them: the oldest are dropped first. */
export class ExpiringCache<T> {
  readonly #entries = new Map<string, { readonly value: T; readonly until: number }>();
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #capacity: number;

  constructor(clock: Pick<Clock, 'monotonic'>, capacity = 8192) {
    this.#clock = clock;
    this.#capacity = capacity;
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    if (entry.until > this.#clock.monotonic()) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }

  /** With a lifetime of 0 milliseconds nothing is cached. */
  set(key: string, value: T, ttlMs: number): void {
    if (ttlMs <= 0) return;
    this.#entries.delete(key);
    if (this.#entries.size >= this.#capacity) this.#entries.delete(this.#entries.keys().next().value as string);
    this.#entries.set(key, { value, until: this.#clock.monotonic() + ttlMs });
  }
}
