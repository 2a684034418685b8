import { goSprintf, goType, goValue } from './format.ts';

/** False, zero, empty and nil count as false. */
export function isTrue(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === '' || value === 0 || value === 0n)
    return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === 'object' ? Object.keys(value).length > 0 : true;
}

/** What Sprint does: blanks stand between operands when neither is a string. */
function sprint(values: readonly unknown[]): string {
  return values
    .map((value, i) => {
      const gap = i > 0 && typeof value !== 'string' && typeof values[i - 1] !== 'string';
      return `${gap ? ' ' : ''}${goValue(value)}`;
    })
    .join('');
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
};

function sameBasicKind(a: unknown, b: unknown): boolean {
  return typeof a === typeof b;
}

function equal(first: unknown, others: readonly unknown[]): boolean {
  if (others.length === 0) throw new Error('missing argument for comparison');
  return others.some((other) => {
    const nil = (value: unknown): boolean => value === null || value === undefined;
    if (nil(first) || nil(other)) return nil(first) && nil(other);
    if (typeof first === 'object' || typeof other === 'object') throw new Error('non-comparable type');
    if (!sameBasicKind(first, other)) throw new Error('incompatible types for comparison');
    return first === other;
  });
}

function less(a: unknown, b: unknown): boolean {
  if (!sameBasicKind(a, b)) throw new Error('incompatible types for comparison');
  if (typeof a !== 'string' && typeof a !== 'number' && typeof a !== 'bigint')
    throw new Error('invalid type for comparison');
  return a < (b as typeof a);
}

function index(container: unknown, keys: readonly unknown[]): unknown {
  let at = container;
  for (const key of keys) {
    if (at === null || at === undefined) throw new Error('index of untyped nil');
    if (Array.isArray(at) || typeof at === 'string') {
      const position = indexOf(key);
      if (position < 0 || position >= at.length) throw new Error(`index out of range: ${position}`);
      at = typeof at === 'string' ? BigInt(Buffer.from(at)[position] ?? 0) : at[position];
    } else if (typeof at === 'object') {
      if (typeof key !== 'string') throw new Error(`value has type ${goType(key)}; should be string`);
      at = Object.hasOwn(at, key) ? (at as Record<string, unknown>)[key] : undefined;
    } else throw new Error(`can't index item of type ${goType(at)}`);
  }
  return at;
}

function indexOf(key: unknown): number {
  if (typeof key === 'bigint') return Number(key);
  throw new Error(
    key === undefined ? 'cannot index slice/array with nil' : `cannot index slice/array with type ${goType(key)}`,
  );
}

function slice(value: unknown, bounds: readonly unknown[]): unknown {
  if (typeof value !== 'string' && !Array.isArray(value)) throw new Error(`can't slice item of type ${goType(value)}`);
  const [from = 0, to = value.length] = bounds.map(indexOf);
  if (from < 0 || to > value.length || from > to) throw new Error(`index out of range: ${from > to ? from : to}`);
  return value.slice(from, to);
}

function lengthOf(value: unknown): bigint {
  if (typeof value === 'string') return BigInt(Buffer.byteLength(value));
  if (Array.isArray(value)) return BigInt(value.length);
  if (typeof value === 'object' && value !== null) return BigInt(Object.keys(value).length);
  throw new Error(value === undefined || value === null ? 'len of nil pointer' : `len of type ${goType(value)}`);
}

type Fn = (...values: unknown[]) => unknown;

/** Go's own functions and the two that kubectl adds. `and` and `or` are not here: they do not evaluate all their arguments. */
export const functions: Readonly<Record<string, Fn>> = {
  not: (value) => !isTrue(value),
  len: lengthOf,
  index: (container, ...keys) => index(container, keys),
  slice: (value, ...bounds) => slice(value, bounds),
  print: (...values) => sprint(values),
  println: (...values) => `${values.map(goValue).join(' ')}\n`,
  printf: (format, ...values) => goSprintf(String(format), values),
  html: (...values) => sprint(values).replace(/[&<>"']/g, (c) => escapes[c] as string),
  js: (...values) => JSON.stringify(sprint(values)).slice(1, -1).replaceAll("'", "\\'"),
  urlquery: (...values) => new URLSearchParams([['', sprint(values)]]).toString().slice(1),
  eq: (first, ...others) => equal(first, others),
  ne: (a, b) => !equal(a, [b]),
  lt: less,
  le: (a, b) => less(a, b) || equal(a, [b]),
  gt: (a, b) => less(b, a),
  ge: (a, b) => less(b, a) || equal(a, [b]),
  exists: (value, ...keys) => {
    let at = value;
    for (const key of keys) {
      const has = Array.isArray(at)
        ? typeof key === 'bigint' && Number(key) < at.length
        : Object.hasOwn(Object(at), String(key));
      if (!has) return false;
      at = index(at, [key]);
    }
    return true;
  },
  base64decode: (value) => {
    const text = String(value);
    const decoded = Buffer.from(text, 'base64');
    if (decoded.toString('base64').replace(/=+$/, '') !== text.replace(/=+$/, ''))
      throw new Error('base64 decode failed: illegal base64 data at input byte 0');
    return decoded.toString('utf8');
  },
};
