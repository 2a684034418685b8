import {
  boolType,
  bytesType,
  type CelType,
  doubleType,
  durationType,
  dynType,
  intType,
  listType,
  optionalType,
  paramType,
  stringType,
  timestampType,
  uintType,
} from '../types/type.ts';
import { compare, equal } from '../values/equal.ts';
import { duration } from '../values/time-text.ts';
import { ArrayList, CelDuration, CelError, CelList, CelOptional, CelUint, type CelValue } from '../values/value.ts';
import { fn, type Library, method, type Overload, walksFirst } from './overload.ts';
import { sizeOf } from './size.ts';

const t = paramType('T');
const items = listType(t);
const comparable = [intType, uintType, doubleType, boolType, durationType, timestampType, stringType, bytesType];

function order(a: CelValue, b: CelValue): number {
  const result = compare(a, b);
  if (result === undefined) throw new CelError('no such overload');
  return result;
}

function isSorted(list: CelList): boolean {
  for (let i = 1; i < list.size; i++) if (order(list.at(i - 1), list.at(i)) > 0) return false;
  return true;
}

function extreme(name: 'min' | 'max', list: CelList): CelValue {
  if (list.size === 0) throw new CelError(`${name} called on empty list`);
  let found = list.at(0);
  for (const item of list) {
    const difference = order(item, found);
    if (name === 'min' ? difference < 0 : difference > 0) found = item;
  }
  return found;
}

function sum(zero: CelValue): (list: CelList) => CelValue {
  return (list) => {
    let total = zero;
    for (const item of list) total = added(total, item);
    return total;
  };
}

function added(a: CelValue, b: CelValue): CelValue {
  if (typeof a === 'bigint' && typeof b === 'bigint') {
    if (a + b !== BigInt.asIntN(64, a + b)) throw new CelError('integer overflow');
    return a + b;
  }
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (a instanceof CelUint && b instanceof CelUint) {
    if (a.value + b.value !== BigInt.asUintN(64, a.value + b.value)) throw new CelError('unsigned integer overflow');
    return new CelUint(a.value + b.value);
  }
  if (a instanceof CelDuration && b instanceof CelDuration) return duration(a.nanos + b.nanos);
  throw new CelError('no such overload');
}

function indexOf(list: CelList, value: CelValue): bigint {
  for (let i = 0; i < list.size; i++) if (equal(list.at(i), value)) return BigInt(i);
  return -1n;
}

function lastIndexOf(list: CelList, value: CelValue): bigint {
  for (let i = list.size - 1; i >= 0; i--) if (equal(list.at(i), value)) return BigInt(i);
  return -1n;
}

const ofEach = (types: readonly CelType[], make: (type: CelType) => Overload[]): Overload[] => types.flatMap(make);
const zeros: readonly (readonly [CelType, CelValue])[] = [
  [intType, 0n],
  [uintType, new CelUint(0n)],
  [doubleType, 0],
  [durationType, new CelDuration(0n)],
];

/** The list functions that Kubernetes adds. */
export const lists: Library = [
  ...ofEach(comparable, (type) => [
    method('isSorted', [listType(type)], boolType, isSorted, walksFirst),
    method('min', [listType(type)], type, (list: CelList) => extreme('min', list), walksFirst),
    method('max', [listType(type)], type, (list: CelList) => extreme('max', list), walksFirst),
  ]),
  ...zeros.map(([type, zero]) => method('sum', [listType(type)], type, sum(zero), walksFirst)),
  method('indexOf', [items, t], intType, indexOf, walksFirst),
  method('lastIndexOf', [items, t], intType, lastIndexOf, walksFirst),
];

function slice(list: CelList, start: bigint, end: bigint): CelValue {
  if (start < 0n || end < 0n) throw new CelError(`cannot slice(${start}, ${end}), negative indexes not supported`);
  if (start > end)
    throw new CelError(`cannot slice(${start}, ${end}), start index must be less than or equal to end index`);
  if (end > list.size) throw new CelError(`cannot slice(${start}, ${end}), list is length ${list.size}`);
  return new ArrayList([...list].slice(Number(start), Number(end)));
}

function flatten(list: CelList, depth = 1n): CelValue {
  if (depth < 0n) throw new CelError('level must be non-negative');
  const flat = (from: CelList, left: bigint): CelValue[] =>
    [...from].flatMap((item) => (item instanceof CelList && left > 0n ? flat(item, left - 1n) : [item]));
  return new ArrayList(flat(list, depth));
}

function distinct(list: CelList): CelValue {
  const found: CelValue[] = [];
  for (const item of list) if (!found.some((other) => equal(other, item))) found.push(item);
  return new ArrayList(found);
}

/** Only lists of one ordered type can be sorted. */
function sortedByKeys(list: CelList, keys: CelList): CelValue {
  const pairs = [...list].map((item, i) => ({ item, key: keys.at(i) }));
  const [first] = pairs;
  for (const { key } of pairs) {
    if (compare(key, key) === undefined) throw new CelError('list elements must be comparable');
    if (first && typeof key !== typeof first.key) throw new CelError('list elements must have the same type');
  }
  return new ArrayList(pairs.sort((a, b) => order(a.key, b.key)).map(({ item }) => item));
}

function range(count: bigint): CelValue {
  if (count > 1_000_000n) throw new CelError('range too large');
  return new ArrayList(Array.from({ length: Number(count) }, (_item, i) => BigInt(i)));
}

const optionalItem = (value: CelValue | undefined): CelValue =>
  value === undefined ? CelOptional.none : new CelOptional(value);

/** The call, and the list that it creates. */
const made = 11;
const visitsResult = (_args: readonly CelValue[], result: CelValue): number => made + sizeOf(result);
const flattens = ([list, depth = 1n]: readonly CelValue[]): number => made + sizeOf(list) * Number(depth);
/** Each item is compared with every other one, twice. */
function squares(keys: CelValue | undefined): number {
  if (!(keys instanceof CelList)) return 1;
  const [first] = keys;
  const each = typeof first === 'string' || first instanceof Uint8Array ? 2.1 : 2;
  return made + Math.floor(each * keys.size ** 2);
}
const comparesItems = ([list]: readonly CelValue[]): number => squares(list);
const comparesKeys = ([, keys]: readonly CelValue[]): number => squares(keys);

/** CEL's list extension. */
export const listExtensions: Library = [
  method('slice', [items, intType, intType], items, slice, visitsResult),
  method('flatten', [listType(items)], items, (list: CelList) => flatten(list), flattens),
  method('flatten', [listType(dynType)], listType(dynType), (list: CelList) => flatten(list), flattens),
  method('flatten', [listType(dynType), intType], listType(dynType), flatten, flattens),
  method('distinct', [items], items, distinct, comparesItems),
  method('reverse', [items], items, (list: CelList) => new ArrayList([...list].reverse()), visitsResult),
  method('first', [items], optionalType(t), (list: CelList) => optionalItem(list.size ? list.at(0) : undefined)),
  method('last', [items], optionalType(t), (list: CelList) =>
    optionalItem(list.size ? list.at(list.size - 1) : undefined),
  ),
  method('@sortByAssociatedKeys', [items, listType(paramType('K'))], items, sortedByKeys, comparesKeys),
  ...ofEach(comparable, (type) => [
    method('sort', [listType(type)], listType(type), (list: CelList) => sortedByKeys(list, list), comparesItems),
  ]),
  fn('lists.range', [intType], listType(intType), range, visitsResult),
];
