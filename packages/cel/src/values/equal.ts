import {
  CelDuration,
  CelList,
  CelMap,
  CelOpaque,
  CelOptional,
  CelTimestamp,
  CelTypeValue,
  CelUint,
  type CelValue,
} from './value.ts';

const isNumber = (value: CelValue): value is number | bigint | CelUint =>
  typeof value === 'number' || typeof value === 'bigint' || value instanceof CelUint;

const plainNumber = (value: number | bigint | CelUint): number | bigint =>
  value instanceof CelUint ? value.value : value;

/** Negative, zero or positive; NaN if one of them is not a number. Comparing integers of different types is exact. */
function compareNumbers(a: number | bigint | CelUint, b: number | bigint | CelUint): number {
  let left = plainNumber(a);
  let right = plainNumber(b);
  // A double and an integer are compared as doubles.
  if (typeof left === 'number') right = Number(right);
  else if (typeof right === 'number') left = Number(left);
  if (Number.isNaN(left) || Number.isNaN(right)) return Number.NaN;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** CEL equality: numbers by value, lists and maps by content; any other values of different types are unequal. */
export function equal(a: CelValue, b: CelValue): boolean {
  if (typeof a === 'string' || typeof a === 'boolean' || a === null) return a === b;
  if (isNumber(a)) return isNumber(b) && compareNumbers(a, b) === 0;
  if (a instanceof CelList) return b instanceof CelList && equalLists(a, b);
  if (a instanceof CelMap) return b instanceof CelMap && equalMaps(a, b);
  if (a instanceof CelTimestamp) return b instanceof CelTimestamp && a.nanos === b.nanos;
  if (a instanceof CelDuration) return b instanceof CelDuration && a.nanos === b.nanos;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && compareBytes(a, b) === 0;
  if (a instanceof CelTypeValue) return b instanceof CelTypeValue && a.name === b.name;
  if (a instanceof CelOptional) {
    if (!(b instanceof CelOptional)) return false;
    if (a.content === undefined || b.content === undefined) return a.content === b.content;
    return equal(a.content, b.content);
  }
  return a instanceof CelOpaque && a.equals(b);
}

function equalLists(a: CelList, b: CelList): boolean {
  if (a.size !== b.size) return false;
  const { kind } = a;
  if (kind === undefined) {
    for (let i = 0; i < a.size; i++) if (!equal(a.at(i), b.at(i))) return false;
    return true;
  }
  // Sets and keyed lists are equal in any order.
  const others = [...b];
  const key = kind.type === 'map' ? (item: CelValue): string => itemKey(item, kind.keys) : undefined;
  if (key) {
    const byKey = new Map(others.map((item) => [key(item), item]));
    return [...a].every((item) => {
      const other = byKey.get(key(item));
      return other !== undefined && equal(item, other);
    });
  }
  return [...a].every((item) => others.some((other) => equal(item, other)));
}

/** Identifies an item of a keyed list among the others. */
export function itemKey(item: CelValue, keys: readonly string[]): string {
  if (!(item instanceof CelMap)) return '';
  return keys.map((key) => `${typeof item.get(key)}:${String(item.get(key))}`).join('\0');
}

function equalMaps(a: CelMap, b: CelMap): boolean {
  if (a.size !== b.size || a.typeName !== b.typeName) return false;
  for (const key of a.keys()) {
    const left = a.get(key);
    const right = b.get(key);
    if (left === undefined || right === undefined || !equal(left, right)) return false;
  }
  return true;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return Math.sign(difference);
  }
  return Math.sign(a.length - b.length);
}

/** Compares by code points; UTF-16 units would give a different order. */
export function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    if (a.charCodeAt(i) !== b.charCodeAt(i)) {
      const left = a.codePointAt(i) as number;
      const right = b.codePointAt(i) as number;
      // At the second half of a surrogate pair, comparing the halves gives the same result as comparing the pairs.
      return left < right ? -1 : 1;
    }
  }
  return a.length < b.length ? -1 : 1;
}

/** Undefined for values without an order. */
export function compare(a: CelValue, b: CelValue): number | undefined {
  if (isNumber(a)) return isNumber(b) ? compareNumbers(a, b) : undefined;
  if (typeof a === 'string') return typeof b === 'string' ? compareTexts(a, b) : undefined;
  if (typeof a === 'boolean') return typeof b === 'boolean' ? Number(a) - Number(b) : undefined;
  if (a instanceof CelTimestamp) return b instanceof CelTimestamp ? compareNumbers(a.nanos, b.nanos) : undefined;
  if (a instanceof CelDuration) return b instanceof CelDuration ? compareNumbers(a.nanos, b.nanos) : undefined;
  if (a instanceof Uint8Array) return b instanceof Uint8Array ? compareBytes(a, b) : undefined;
  return undefined;
}
