import { goQuote } from '@typernetes/machinery';
import { dynType, intType, listType, stringType } from '../types/type.ts';
import { ArrayList, CelError, type CelList, type CelValue } from '../values/value.ts';
import { fn, type Library, method, readsFirst } from './overload.ts';
import { sizeOf } from './size.ts';
import { formatted } from './string-format.ts';

const texts = listType(stringType);

function within(index: bigint, size: number): number {
  if (index < 0n || index > BigInt(size)) throw new CelError(`index out of range: ${index}`);
  return Number(index);
}

function charAt(text: string, index: bigint): string {
  const chars = [...text];
  return chars[within(index, chars.length)] ?? '';
}

function indexOf(text: string, part: string, from = 0n): bigint {
  const chars = [...text];
  const start = within(from, chars.length);
  if (part === '') return from;
  const at = text.indexOf(part, chars.slice(0, start).join('').length);
  return at < 0 ? -1n : BigInt([...text.slice(0, at)].length);
}

function lastIndexOf(text: string, part: string, before?: bigint): bigint {
  const chars = [...text];
  const start = before === undefined ? chars.length : within(before, chars.length);
  if (part === '') return BigInt(start);
  const at = text.lastIndexOf(part, chars.slice(0, start).join('').length);
  return at < 0 ? -1n : BigInt([...text.slice(0, at)].length);
}

function substring(text: string, start: bigint, end?: bigint): string {
  const chars = [...text];
  const last = end === undefined ? chars.length : within(end, chars.length);
  const first = within(start, chars.length);
  if (first > last) throw new CelError(`invalid substring range. start: ${start}, end: ${end}`);
  return chars.slice(first, last).join('');
}

/** A negative limit means all. */
function replace(text: string, from: string, to: string, limit = -1n): string {
  if (limit === 0n) return text;
  const pieces = from === '' ? ['', ...text] : text.split(from);
  if (from === '') pieces.push('');
  const count = limit < 0n ? pieces.length - 1 : Math.min(Number(limit), pieces.length - 1);
  const head = pieces.slice(0, count + 1).join(to);
  return [head, ...pieces.slice(count + 1)].join(from);
}

function split(text: string, separator: string, limit = -1n): CelValue {
  if (limit === 0n) return new ArrayList([]);
  const pieces = separator === '' ? [...text] : text.split(separator);
  if (limit < 0n || pieces.length <= limit) return new ArrayList(pieces);
  const head = pieces.slice(0, Number(limit) - 1);
  return new ArrayList([...head, pieces.slice(Number(limit) - 1).join(separator)]);
}

function join(list: CelList, separator = ''): string {
  return [...list]
    .map((item) => {
      if (typeof item !== 'string') throw new CelError('no such overload');
      return item;
    })
    .join(separator);
}

const lower = (text: string): string => text.replace(/[A-Z]+/g, (part) => part.toLowerCase());
const upper = (text: string): string => text.replace(/[a-z]+/g, (part) => part.toUpperCase());
const whitespace = '[\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+';
const blanks = new RegExp(`^${whitespace}|${whitespace}$`, 'g');

/** The cost of functions that read one string and write another. */
const rewrites = ([text]: readonly CelValue[]): number => Math.ceil(sizeOf(text) * 0.2);
/** The cost of functions whose result is written and read. */
const writes = (_args: readonly CelValue[], result: CelValue): number => Math.ceil(sizeOf(result) * 0.2);
/** The cost of searching a string: one pass, whatever the search text. */
const passes = ([text]: readonly CelValue[]): number => Math.floor(sizeOf(text) * 0.1);

const wellFormed = (text: string): string => text.toWellFormed();

export const strings: Library = [
  method('charAt', [stringType, intType], stringType, charAt),
  method('indexOf', [stringType, stringType], intType, (a: string, b: string) => indexOf(a, b), passes),
  method('indexOf', [stringType, stringType, intType], intType, indexOf, passes),
  method('lastIndexOf', [stringType, stringType], intType, (a: string, b: string) => lastIndexOf(a, b), passes),
  method('lastIndexOf', [stringType, stringType, intType], intType, lastIndexOf, passes),
  method('lowerAscii', [stringType], stringType, lower, readsFirst),
  method('upperAscii', [stringType], stringType, upper, readsFirst),
  method(
    'replace',
    [stringType, stringType, stringType],
    stringType,
    (a: string, b: string, c: string) => replace(a, b, c),
    rewrites,
  ),
  method('replace', [stringType, stringType, stringType, intType], stringType, replace, rewrites),
  method('split', [stringType, stringType], texts, (a: string, b: string) => split(a, b), rewrites),
  method('split', [stringType, stringType, intType], texts, split, rewrites),
  method('substring', [stringType, intType], stringType, (a: string, b: bigint) => substring(a, b), readsFirst),
  method('substring', [stringType, intType, intType], stringType, substring, readsFirst),
  method('trim', [stringType], stringType, (text: string) => text.replace(blanks, ''), readsFirst),
  method('reverse', [stringType], stringType, (text: string) => [...text].reverse().join('')),
  method('join', [texts], stringType, (list: CelList) => join(list), writes),
  method('join', [texts, stringType], stringType, join, writes),
  method('format', [stringType, listType(dynType)], stringType, formatted, readsFirst),
  fn('strings.quote', [stringType], stringType, (text: string) => goQuote(wellFormed(text)), readsFirst),
];
