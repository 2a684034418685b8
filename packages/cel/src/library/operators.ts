import {
  boolType,
  bytesType,
  type CelType,
  doubleType,
  durationType,
  dynType,
  intType,
  listType,
  mapType,
  optionalType,
  paramType,
  stringType,
  timestampType,
  typeType,
  uintType,
} from '../types/type.ts';
import { compare, equal } from '../values/equal.ts';
import { joinLists } from '../values/list-join.ts';
import { indexed } from '../values/lookup.ts';
import { duration, timestamp } from '../values/time-text.ts';
import { typeOf } from '../values/type-of.ts';
import {
  type CelDuration,
  CelError,
  type CelList,
  type CelMap,
  type CelTimestamp,
  CelTypeValue,
  CelUint,
  type CelValue,
} from '../values/value.ts';
import { fn, type Library, type Overload, readsBoth, readsShorter, visitsFirst } from './overload.ts';

const a = paramType('A');
const b = paramType('B');

const minInt = -(2n ** 63n);
const maxInt = 2n ** 63n - 1n;
const maxUint = 2n ** 64n - 1n;

function int(value: bigint): bigint {
  if (value > maxInt || value < minInt) throw new CelError('integer overflow');
  return value;
}

function uint(value: bigint): CelUint {
  if (value > maxUint || value < 0n) throw new CelError('unsigned integer overflow');
  return new CelUint(value);
}

function divisor(value: bigint, what: 'divide' | 'modulus'): bigint {
  if (value === 0n) throw new CelError(what === 'divide' ? 'division by zero' : 'modulus by zero');
  return value;
}

type IntOperation = (x: bigint, y: bigint) => bigint;

function integers(name: string, operation: IntOperation): Overload[] {
  return [
    fn(name, [intType, intType], intType, (x: bigint, y: bigint) => int(operation(x, y))),
    fn(name, [uintType, uintType], uintType, (x: CelUint, y: CelUint) => uint(operation(x.value, y.value))),
  ];
}

const doubles = (name: string, operation: (x: number, y: number) => number): Overload =>
  fn(name, [doubleType, doubleType], doubleType, operation);

const arithmetic: Library = [
  ...integers('_+_', (x, y) => x + y),
  doubles('_+_', (x, y) => x + y),
  fn('_+_', [stringType, stringType], stringType, (x: string, y: string) => x + y, readsBoth),
  fn(
    '_+_',
    [bytesType, bytesType],
    bytesType,
    (x: Uint8Array, y: Uint8Array) => Uint8Array.from([...x, ...y]),
    readsBoth,
  ),
  fn('_+_', [listType(a), listType(a)], listType(a), (x: CelList, y: CelList) => joinLists(x, y)),
  fn('_+_', [timestampType, durationType], timestampType, (x: CelTimestamp, y: CelDuration) =>
    timestamp(x.nanos + y.nanos),
  ),
  fn('_+_', [durationType, timestampType], timestampType, (x: CelDuration, y: CelTimestamp) =>
    timestamp(x.nanos + y.nanos),
  ),
  fn('_+_', [durationType, durationType], durationType, (x: CelDuration, y: CelDuration) =>
    duration(x.nanos + y.nanos),
  ),
  ...integers('_-_', (x, y) => x - y),
  doubles('_-_', (x, y) => x - y),
  fn('_-_', [timestampType, timestampType], durationType, (x: CelTimestamp, y: CelTimestamp) =>
    duration(x.nanos - y.nanos),
  ),
  fn('_-_', [timestampType, durationType], timestampType, (x: CelTimestamp, y: CelDuration) =>
    timestamp(x.nanos - y.nanos),
  ),
  fn('_-_', [durationType, durationType], durationType, (x: CelDuration, y: CelDuration) =>
    duration(x.nanos - y.nanos),
  ),
  ...integers('_*_', (x, y) => x * y),
  doubles('_*_', (x, y) => x * y),
  ...integers('_/_', (x, y) => x / divisor(y, 'divide')),
  doubles('_/_', (x, y) => x / y),
  ...integers('_%_', (x, y) => x % divisor(y, 'modulus')),
  fn('-_', [intType], intType, (x: bigint) => int(-x)),
  fn('-_', [doubleType], doubleType, (x: number) => -x),
];

const ordered = [boolType, stringType, bytesType, timestampType, durationType];
const numbers = [intType, uintType, doubleType];

function relation(name: string, holds: (order: number) => boolean): Overload[] {
  const pairs: (readonly [CelType, CelType])[] = ordered.map((type) => [type, type] as const);
  for (const left of numbers) for (const right of numbers) pairs.push([left, right]);
  return pairs.map(([left, right]) =>
    fn(
      name,
      [left, right],
      boolType,
      (x: CelValue, y: CelValue) => holds(compare(x, y) ?? Number.NaN),
      left === stringType || left === bytesType ? readsShorter : undefined,
    ),
  );
}

/** Operators that the planner evaluates itself: only the checker uses these entries. */
const never = (): never => {
  throw new CelError('no such overload');
};

export const operators: Library = [
  ...arithmetic,
  ...relation('_<_', (order) => order < 0),
  ...relation('_<=_', (order) => order <= 0),
  ...relation('_>_', (order) => order > 0),
  ...relation('_>=_', (order) => order >= 0),
  fn('!_', [boolType], boolType, (x: boolean) => !x),
  fn('_&&_', [boolType, boolType], boolType, never),
  fn('_||_', [boolType, boolType], boolType, never),
  fn('_?_:_', [boolType, a, a], a, never),
  fn('@not_strictly_false', [boolType], boolType, never),
  fn('_==_', [a, a], boolType, (x: CelValue, y: CelValue) => equal(x, y), readsShorter),
  fn('_!=_', [a, a], boolType, (x: CelValue, y: CelValue) => !equal(x, y), readsShorter),
  fn(
    '@in',
    [a, listType(a)],
    boolType,
    (x: CelValue, list: CelList) => contains(list, x),
    ([, list]) => visitsFirst?.([list as CelValue], null) ?? 1,
  ),
  fn('@in', [a, mapType(a, b)], boolType, (key: CelValue, map: CelMap) => map.has(key)),
  fn('_[_]', [listType(a), intType], a, indexed),
  fn('_[_]', [mapType(a, b), a], b, indexed),
  fn('_[_]', [optionalType(listType(a)), intType], optionalType(a), indexed),
  fn('_[_]', [optionalType(mapType(a, b)), a], optionalType(b), indexed),
  fn('type', [a], typeType(a), (x: CelValue) =>
    x instanceof CelTypeValue ? new CelTypeValue('type') : new CelTypeValue(typeOf(x)),
  ),
  fn('dyn', [a], dynType, (x: CelValue) => x),
];

function contains(list: CelList, value: CelValue): boolean {
  for (const item of list) if (equal(item, value)) return true;
  return false;
}
