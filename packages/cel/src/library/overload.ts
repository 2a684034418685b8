import type { CelType } from '../types/type.ts';
import type { CelValue } from '../values/value.ts';
import { sizeOf } from './size.ts';

/** One signature of a function. Of methods, the receiver is the first parameter. */
export interface Overload {
  readonly name: string;
  readonly params: readonly CelType[];
  readonly result: CelType;
  readonly method: boolean;
  /** Arguments have the types of the parameters. Throws a CelError. */
  readonly call: (...args: never[]) => CelValue;
  /** What a call costs beyond its arguments; one if not given. */
  readonly cost: ((args: readonly CelValue[], result: CelValue) => number) | undefined;
}

export type Library = readonly Overload[];

type Cost = Overload['cost'];
type Body = (...args: never[]) => CelValue;

export function fn(name: string, params: readonly CelType[], result: CelType, call: Body, cost?: Cost): Overload {
  return { name, params, result, method: false, call, cost };
}

export function method(name: string, params: readonly CelType[], result: CelType, call: Body, cost?: Cost): Overload {
  return { name, params, result, method: true, call, cost };
}

/** A tenth of a unit for each character read. */
export const traversal = (size: number): number => Math.ceil(size * 0.1);

/** Of functions that read their first argument once. */
export const readsFirst: Cost = ([first]) => traversal(sizeOf(first));
/** Of functions that visit each item of their first argument. */
export const visitsFirst: Cost = ([first]) => sizeOf(first);
export const readsBoth: Cost = ([first, second]) => traversal(sizeOf(first) + sizeOf(second));
export const readsShorter: Cost = ([first, second]) => traversal(Math.min(sizeOf(first), sizeOf(second)));
export const searches: Cost = ([text, part]) => traversal(sizeOf(text)) * traversal(sizeOf(part));
export const matchesPattern: Cost = ([text, pattern]) =>
  traversal(1 + sizeOf(text)) * Math.ceil(sizeOf(pattern) * 0.25);
