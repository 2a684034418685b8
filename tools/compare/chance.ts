import type { Random } from '@typernetes/base';

/** Reproducible random choices: the same seed gives the same choices in the same order. */
export class Chance implements Random {
  #state: number;

  constructor(seed: string) {
    let hash = 0x811c9dc5;
    for (const char of seed) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
    this.#state = hash >>> 0;
  }

  /** The mulberry32 generator. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let x = this.#state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 0x1_0000_0000;
  }

  /** A whole number from 0 to `below` - 1. */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  of(share: number): boolean {
    return this.next() < share;
  }

  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new Error('Cannot pick from nothing');
    return from[this.below(from.length)] as T;
  }

  /** Between `least` and `most` of them, in their original order. */
  some<T>(from: readonly T[], least: number, most: number): T[] {
    const count = Math.min(from.length, least + this.below(most - least + 1));
    const left = [...from.keys()];
    const chosen: number[] = [];
    while (chosen.length < count) chosen.push(...left.splice(this.below(left.length), 1));
    return chosen.sort((a, b) => a - b).map((at) => from[at] as T);
  }
}
