import type { Random } from '@typernetes/base';

/** The allocated numbers of a range. Free ones are chosen at random, above a band reserved for explicit requests. */
export class NumberPool {
  readonly first: number;
  readonly last: number;
  readonly #band: number;
  readonly #random: Random;
  readonly #taken = new Set<number>();

  constructor(range: { first: number; last: number; reservedBand: number }, random: Random) {
    this.first = range.first;
    this.last = range.last;
    this.#band = range.reservedBand;
    this.#random = random;
  }

  /** How many are taken. */
  get taken(): number {
    return this.#taken.size;
  }

  contains(value: number): boolean {
    return value >= this.first && value <= this.last;
  }

  /** False if it is allocated already. */
  take(value: number): boolean {
    if (this.#taken.has(value)) return false;
    this.#taken.add(value);
    return true;
  }

  release(value: number): void {
    this.#taken.delete(value);
  }

  /** A number that was free; undefined when the range is full. */
  takeAny(): number | undefined {
    const above = this.#anyIn(this.first + this.#band, this.last);
    return above ?? this.#anyIn(this.first, this.first + this.#band - 1);
  }

  #anyIn(first: number, last: number): number | undefined {
    const size = last - first + 1;
    if (size <= 0) return undefined;
    const start = Math.floor(this.#random.next() * size);
    for (let i = 0; i < size; i++) {
      const value = first + ((start + i) % size);
      if (this.take(value)) return value;
    }
    return undefined;
  }
}

/** The size of the band that upstream reserves for explicit requests. */
export function reservedBand(size: number, bounds: { min: number; max: number; step: number }): number {
  if (size < bounds.min * 2) return 0;
  return Math.min(Math.max(bounds.min, Math.floor(size / bounds.step)), bounds.max);
}
