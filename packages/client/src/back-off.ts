import { jitter, type Random } from '@typernetes/base';

/** Growing pauses between attempts: doubling from `firstMs` to `maxMs`, each lengthened by up to half of itself. */
export class BackOff {
  #next: number;
  readonly #options: { readonly firstMs: number; readonly maxMs: number; readonly random: Random };

  constructor(options: { readonly firstMs: number; readonly maxMs: number; readonly random: Random }) {
    this.#options = options;
    this.#next = options.firstMs;
  }

  next(): number {
    const ms = this.#next;
    this.#next = Math.min(ms * 2, this.#options.maxMs);
    return jitter(ms, 0.5, this.#options.random);
  }

  reset(): void {
    this.#next = this.#options.firstMs;
  }
}
