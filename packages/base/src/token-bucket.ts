import type { Clock } from './clock.ts';

export interface TokenBucketOptions {
  /** The refill rate. */
  readonly perSecond: number;
  /** The maximum and initial number of tokens. */
  readonly burst: number;
}

/** Limits a rate: each event takes a token, and tokens refill with time. */
export class TokenBucket {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #options: TokenBucketOptions;
  #tokens: number;
  #at: number;

  constructor(clock: Pick<Clock, 'monotonic'>, options: TokenBucketOptions) {
    this.#clock = clock;
    this.#options = options;
    this.#tokens = options.burst;
    this.#at = clock.monotonic();
  }

  /** Takes a token if there is one. */
  take(): boolean {
    this.#refill();
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** Takes a token that there may not be yet; returns how many milliseconds to wait for it. */
  reserve(): number {
    this.#refill();
    this.#tokens--;
    return this.#tokens >= 0 ? 0 : (-this.#tokens * 1000) / this.#options.perSecond;
  }

  /** Milliseconds until there is a token; 0 when there is one. */
  get delayMs(): number {
    this.#refill();
    return this.#tokens >= 1 ? 0 : ((1 - this.#tokens) * 1000) / this.#options.perSecond;
  }

  #refill(): void {
    const { perSecond, burst } = this.#options;
    const now = this.#clock.monotonic();
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#at) * perSecond) / 1000);
    this.#at = now;
  }
}
