/** The time limit of a measurement. */
const limitSeconds = 240;

/** Counts distinct names up to a number, and measures the time. */
export class Reached {
  readonly #wanted: number;
  readonly #names = new Set<string>();
  readonly #all = Promise.withResolvers<void>();
  #startedAt = performance.now();
  #lastAt = performance.now();

  constructor(wanted: number) {
    this.#wanted = wanted;
  }

  add(name: string): void {
    if (this.#names.has(name)) return;
    this.#names.add(name);
    this.#lastAt = performance.now();
    if (this.#names.size === this.#wanted) this.#all.resolve();
  }

  start(): void {
    this.#startedAt = performance.now();
  }

  /** Resolves when all are counted, or at the limit. */
  async untilAll(): Promise<void> {
    const limit = setTimeout(() => this.#all.resolve(), limitSeconds * 1000);
    await this.#all.promise;
    clearTimeout(limit);
  }

  get figures(): { readonly reached: number; readonly seconds: number } {
    return { reached: this.#names.size, seconds: Number(((this.#lastAt - this.#startedAt) / 1000).toFixed(2)) };
  }
}
