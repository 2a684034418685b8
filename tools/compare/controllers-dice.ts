import { Chance } from './chance.ts';

/** Random choices that depend on a seed alone. */
export interface Dice {
  /** A number from `least` to `most`, inclusive. */
  number(least: number, most: number): number;
  pick<T>(from: readonly T[]): T;
  /** True for this share of the calls, from 0 to 1. */
  chance(share: number): boolean;
  /** The result of `make` for this share of the calls, else an empty object: to be spread into an object. */
  maybe<T extends object>(share: number, make: () => T): T | object;
  /** Each of them with this probability, in order. */
  some<T>(from: readonly T[], share: number): T[];
}

export function makeDice(seed: number): Dice {
  const chance = new Chance(String(seed));
  const next = (): number => chance.next();
  const number = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return {
    number,
    pick: <T>(from: readonly T[]) => from[number(0, from.length - 1)] as T,
    chance: (share) => next() < share,
    maybe: (share, make) => (next() < share ? make() : {}),
    some: (from, share) => from.filter(() => next() < share),
  };
}
