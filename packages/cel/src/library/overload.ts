import type { CelType } from '../types/type.ts';
import { CelList, CelMap, type CelValue } from '../values/value.ts';
import { sizeOf } from './size.ts';

/** One signature of a function. The first parameter of a method is the receiver. */
export interface Overload {
  readonly name: string;
  readonly params: readonly CelType[];
  readonly result: CelType;
  readonly method: boolean;
  /** The arguments have the parameters' types. Throws a CelError. */
  readonly call: (...args: never[]) => CelValue;
  /** The cost of a call without that of its arguments; default: one. */
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

/** The cost of reading a string: a tenth of a unit per character. */
export const traversal = (size: number): number => Math.ceil(size * 0.1);

/** The cost of functions that read their first argument once. */
export const readsFirst: Cost = ([first]) => traversal(sizeOf(first));
/** The cost of functions that take one step per item or character of their first argument. */
export const visitsFirst: Cost = ([first]) => sizeOf(first);
/** The cost of functions that visit everything inside their first argument. */
export const walksFirst: Cost = ([first]) => walked(first);

function walked(value: CelValue | undefined): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return Math.floor(sizeOf(value) * 0.1);
  let cost = 0;
  if (value instanceof CelList) for (const item of value) cost += walked(item);
  else if (value instanceof CelMap) for (const key of value.keys()) cost += walked(key) + walked(value.get(key));
  else cost = 1;
  return cost;
}
export const readsBoth: Cost = ([first, second]) => traversal(sizeOf(first) + sizeOf(second));
export const readsShorter: Cost = ([first, second]) => traversal(Math.min(sizeOf(first), sizeOf(second)));
export const searches: Cost = ([text, part]) => traversal(sizeOf(text)) * traversal(sizeOf(part));
export const matchesPattern: Cost = ([text, pattern]) =>
  traversal(1 + sizeOf(text)) * Math.ceil(sizeOf(pattern) * 0.25);
