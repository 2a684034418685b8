import { queryEscaped } from '../query-escape.ts';
import { GoInt, goSprintf, goType, goValue } from './format.ts';

/** False, zero, empty and nil count as false. */
export function isTrue(value: unknown): boolean {
  if (value instanceof GoInt) return value.value !== 0n;
  if (value === null || value === undefined || value === false || value === '' || value === 0 || value === 0n)
    return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === 'object' ? Object.keys(value).length > 0 : true;
}

const isNil = (value: unknown): boolean => value === null || value === undefined;

/** Go's Sprint: blanks between operands if neither is a string. */
function sprint(values: readonly unknown[]): string {
  return values
    .map((value, i) => {
      const gap = i > 0 && typeof value !== 'string' && typeof values[i - 1] !== 'string';
      return `${gap ? ' ' : ''}${goValue(value)}`;
    })
    .join('');
}

/** The text to escape; no value is written as such. */
const unescaped = (values: readonly unknown[]): string =>
  sprint(values.map((value) => (isNil(value) ? '<no value>' : value)));

const escapes: Readonly<Record<string, string>> = {
  '\0': '\ufffd',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
};

const hex = (code: number, digits: number): string => code.toString(16).toUpperCase().padStart(digits, '0');

/** Escapes a text for use in a script. */
const scriptEscaped = (text: string): string =>
  text
    .replace(/[\\'"]/g, (character) => `\\${character}`)
    .replace(/[<>&=\p{Cc}\u2028\u2029]/gu, (character) => `\\u${hex(character.charCodeAt(0), 4)}`);

type Kind = 'bool' | 'string' | 'int' | 'float';

const plain = (value: unknown): unknown => (value instanceof GoInt ? value.value : value);

function kindOf(value: unknown): Kind | undefined {
  if (typeof value === 'bigint' || value instanceof GoInt) return 'int';
  if (typeof value === 'number') return 'float';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'string' ? 'string' : undefined;
}

const incompatible = (a: unknown, b: unknown): Error =>
  new Error(`incompatible types for comparison: ${goType(a)} and ${goType(b)}`);

function equal(first: unknown, others: readonly unknown[]): boolean {
  if (others.length === 0) throw new Error('missing argument for comparison');
  return others.some((other) => {
    if (isNil(first) || isNil(other)) return isNil(first) && isNil(other);
    const kind = kindOf(first);
    if (kind !== kindOf(other)) throw incompatible(first, other);
    if (kind !== undefined) return plain(first) === plain(other);
    throw new Error(`non-comparable type ${goValue(other)}: ${goType(other)}`);
  });
}

function less(a: unknown, b: unknown): boolean {
  const [kind, otherKind] = [kindOf(a), kindOf(b)];
  if (kind === undefined || otherKind === undefined) throw new Error('invalid type for comparison');
  if (kind !== otherKind) throw incompatible(a, b);
  if (kind === 'bool') throw new Error('invalid type for comparison');
  return (plain(a) as number) < (plain(b) as number);
}

function index(container: unknown, keys: readonly unknown[]): unknown {
  let at = container;
  if (isNil(at)) throw new Error('index of untyped nil');
  for (const key of keys) {
    if (isNil(at)) throw new Error('index of nil pointer');
    if (Array.isArray(at) || typeof at === 'string') {
      const bytes = typeof at === 'string' ? Buffer.from(at) : at;
      const position = indexOf(key, bytes.length);
      if (position === bytes.length)
        throw new Error(`reflect: ${typeof at === 'string' ? 'string' : 'slice'} index out of range`);
      at = typeof at === 'string' ? BigInt(bytes[position] as number) : bytes[position];
    } else if (typeof at === 'object' && !(at instanceof GoInt)) {
      if (isNil(key)) throw new Error('value is nil; should be of type string');
      if (typeof key !== 'string') throw new Error(`value has type ${goType(key)}; should be string`);
      at = Object.hasOwn(at as object, key) ? (at as Record<string, unknown>)[key] : undefined;
    } else throw new Error(`can't index item of type ${goType(at)}`);
  }
  return at;
}

function indexOf(key: unknown, length: number): number {
  if (isNil(key)) throw new Error('cannot index slice/array with nil');
  if (kindOf(key) !== 'int') throw new Error(`cannot index slice/array with type ${goType(key)}`);
  const position = Number(plain(key));
  if (position < 0 || position > length) throw new Error(`index out of range: ${position}`);
  return position;
}

function slice(value: unknown, bounds: readonly unknown[]): unknown {
  if (isNil(value)) throw new Error('slice of untyped nil');
  if (bounds.length > 3) throw new Error(`too many slice indexes: ${bounds.length}`);
  const isText = typeof value === 'string';
  if (isText && bounds.length === 3) throw new Error('cannot 3-index slice a string');
  if (!isText && !Array.isArray(value)) throw new Error(`can't slice item of type ${goType(value)}`);
  const whole = isText ? Buffer.from(value) : (value as readonly unknown[]);
  // A list that was read from JSON has room for up to four, then for twice as many, and so on.
  const room = isText ? whole.length : roomOf(whole.length);
  const [from = 0, to = whole.length, most = to] = bounds.map((bound) => indexOf(bound, room));
  if (from > to) throw new Error(`invalid slice index: ${from} > ${to}`);
  if (to > most) throw new Error(`invalid slice index: ${to} > ${most}`);
  const part = whole.slice(from, to);
  return isText ? part.toString() : [...part, ...Array.from({ length: Math.max(0, to - whole.length) }, () => null)];
}

function roomOf(length: number): number {
  let room = length === 0 ? 0 : 1;
  while (room < length) room *= 2;
  return room;
}

function lengthOf(value: unknown): GoInt {
  if (typeof value === 'string') return new GoInt(BigInt(Buffer.byteLength(value)));
  if (Array.isArray(value)) return new GoInt(BigInt(value.length));
  if (value === undefined) throw new Error('reflect: call of reflect.Value.Type on zero Value');
  if (value === null) throw new Error('len of nil pointer');
  if (typeof value === 'object' && !(value instanceof GoInt)) return new GoInt(BigInt(Object.keys(value).length));
  throw new Error(`len of type ${goType(value)}`);
}

/** No value in a template here can be called. */
function call(value: unknown, source: string | undefined): never {
  if (isNil(value)) throw new Error('call of nil');
  const name = source ?? (typeof value === 'string' ? value : `<${goType(value)} Value>`);
  throw new Error(`non-function ${name} of type ${goType(value)}`);
}

function exists(value: unknown, keys: readonly unknown[]): boolean {
  let at = value;
  for (const key of keys) {
    const has = Array.isArray(at)
      ? kindOf(key) === 'int' && Number(plain(key)) >= 0 && Number(plain(key)) < at.length
      : Object.hasOwn(Object(at), String(plain(key))) && typeof key === 'string';
    if (!has) return false;
    at = index(at, [key]);
  }
  return true;
}

function base64decoded(text: string): string {
  const wrong = text.search(/[^A-Za-z0-9+/=\r\n]/);
  const digits = text.replace(/[\r\n]/g, '');
  const body = digits.replace(/={1,2}$/, '');
  const isWhole = digits.length % 4 === 0 && !body.includes('=');
  if (wrong >= 0 || !isWhole) {
    const end = wrong >= 0 ? wrong : body.includes('=') ? body.indexOf('=') : Math.floor(body.length / 4) * 4;
    throw new Error(`base64 decode failed: illegal base64 data at input byte ${end}`);
  }
  return Buffer.from(digits, 'base64').toString('utf8');
}

/** A function of templates: how many arguments it takes, whether the first has to be a text, and what it does with them. */
interface TemplateFunction {
  readonly fewest: number;
  readonly most: number;
  readonly text?: boolean;
  /** `sources` are the arguments as they are written; what came through a pipe has none. */
  readonly run: (values: readonly unknown[], of: { readonly sources: readonly string[] }) => unknown;
}

type Run = TemplateFunction['run'];
const exactly = (count: number, run: Run): TemplateFunction => ({ fewest: count, most: count, run });
const atLeast = (count: number, run: Run): TemplateFunction => ({ fewest: count, most: Number.POSITIVE_INFINITY, run });
const asText = (one: TemplateFunction): TemplateFunction => ({ ...one, text: true });

/** Go's own functions and the two that kubectl adds. */
export const functions: Readonly<Record<string, TemplateFunction>> = Object.assign(Object.create(null), {
  and: atLeast(1, () => undefined),
  or: atLeast(1, () => undefined),
  not: exactly(1, ([value]) => !isTrue(value)),
  len: exactly(1, ([value]) => lengthOf(value)),
  index: atLeast(1, ([container, ...keys]) => index(container, keys)),
  slice: atLeast(1, ([value, ...bounds]) => slice(value, bounds)),
  call: atLeast(1, ([value], { sources }) => call(value, sources[0])),
  print: atLeast(0, sprint),
  println: atLeast(0, (values) => `${values.map(goValue).join(' ')}\n`),
  printf: asText(atLeast(1, ([format, ...values]) => goSprintf(String(format), values))),
  html: atLeast(0, (values) => unescaped(values).replace(/[\0&<>"']/g, (character) => escapes[character] as string)),
  js: atLeast(0, (values) => scriptEscaped(unescaped(values))),
  urlquery: atLeast(0, (values) => queryEscaped(unescaped(values))),
  eq: atLeast(1, ([first, ...others]) => equal(first, others)),
  ne: exactly(2, ([a, b]) => !equal(a, [b])),
  lt: exactly(2, ([a, b]) => less(a, b)),
  le: exactly(2, ([a, b]) => less(a, b) || equal(a, [b])),
  gt: exactly(2, ([a, b]) => !less(a, b) && !equal(a, [b])),
  ge: exactly(2, ([a, b]) => !less(a, b)),
  exists: atLeast(1, ([value, ...keys]) => exists(value, keys)),
  base64decode: asText(exactly(1, ([text]) => base64decoded(String(text)))),
} satisfies Record<string, TemplateFunction>);

/** `and` and `or` do not look at arguments that do not matter any more. */
export const evaluatesAll = (name: string): boolean => name !== 'and' && name !== 'or';
