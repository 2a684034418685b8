import { runtimeTypeName } from '../types/type.ts';
import { doubleText } from '../values/double-text.ts';
import { compareTexts } from '../values/equal.ts';
import { durationText, timestampText } from '../values/time-text.ts';
import { typeOf } from '../values/type-of.ts';
import {
  CelDuration,
  CelError,
  type CelList,
  CelMap,
  CelTimestamp,
  CelTypeValue,
  CelUint,
  type CelValue,
  CelList as List,
} from '../values/value.ts';

const clause = /%(?:(%)|(?:\.(\d+))?([a-zA-Z]))/g;

/** `'%s has %d'.format([name, count])` */
export function formatted(pattern: string, args: CelList): string {
  let next = 0;
  const unknown = pattern.replaceAll('%%', '').match(/%(?!(?:\.\d+)?[a-zA-Z])/);
  if (unknown) throw new CelError('could not parse formatting clause: unexpected end of string');
  const text = pattern.replace(
    clause,
    (_all, percent: string | undefined, digits: string | undefined, verb: string) => {
      if (percent !== undefined) return '%';
      if (!'sdfebxXo'.includes(verb)) {
        throw new CelError(`could not parse formatting clause: unrecognized formatting clause "${verb}"`);
      }
      if (next >= args.size) throw new CelError(`index ${next} out of range`);
      return shown(verb, args.at(next++), digits === undefined ? 6 : Number(digits));
    },
  );
  return text;
}

const nameOf = (value: CelValue): string => runtimeTypeName(typeOf(value));

function wrong(verb: string, what: string, value: CelValue): never {
  throw new CelError(`error during formatting: ${verb} clause can only be used on ${what}, was given ${nameOf(value)}`);
}

function integer(value: CelValue): bigint | undefined {
  return typeof value === 'bigint' ? value : value instanceof CelUint ? value.value : undefined;
}

function radix(value: bigint, base: 2 | 8 | 16): string {
  return value.toString(base);
}

function shown(verb: string, value: CelValue, digits: number): string {
  switch (verb) {
    case 's':
      return plain(value);
    case 'd':
      if (typeof value === 'number' && !Number.isFinite(value)) return special(value);
      return String(integer(value) ?? wrong('decimal', 'integers', value));
    case 'f':
      return fixed(value, 'fixed-point', (number) => exactFixed(number, digits));
    case 'e':
      return fixed(value, 'scientific', (number) => number.toExponential(digits).replace(/e([+-])(\d)$/, 'e$10$2'));
    case 'b':
      if (typeof value === 'boolean') return value ? '1' : '0';
      return radix(integer(value) ?? wrong('only integers and bools can be formatted as binary', '', value), 2);
    case 'o':
      return radix(integer(value) ?? wrong('octal', 'integers', value), 8);
    default: {
      const text = hex(value);
      return verb === 'X' ? text.toUpperCase() : text;
    }
  }
}

/** Rounds ties to the even digit. */
function exactFixed(value: number, digits: number): string {
  const scaled = value * 10 ** digits;
  if (Math.abs(scaled % 1) === 0.5 && Number.isInteger(value * 2 ** (digits + 1))) {
    const floor = Math.floor(scaled);
    return ((floor % 2 === 0 ? floor : floor + 1) / 10 ** digits).toFixed(digits);
  }
  return Math.abs(value) < 1e21
    ? value.toFixed(digits)
    : `${BigInt(value)}${digits > 0 ? `.${'0'.repeat(digits)}` : ''}`;
}

const special = (value: number): string => (Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity');

function fixed(value: CelValue, clauseName: string, show: (value: number) => string): string {
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return value;
  const number = typeof value === 'number' ? value : integer(value);
  if (number === undefined) return wrong(clauseName, 'doubles', value);
  return Number.isFinite(Number(number)) ? show(Number(number)) : special(Number(number));
}

function hex(value: CelValue): string {
  const number = integer(value);
  if (number !== undefined) return radix(number, 16);
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
  if (!(bytes instanceof Uint8Array)) return wrong('hex', 'integers, byte buffers, and strings', value);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function plain(value: CelValue): string {
  if (typeof value === 'string') return value;
  if (value === null) return 'null';
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value instanceof CelUint) return String(value.value);
  if (typeof value === 'number') return Number.isFinite(value) ? doubleText(value) : special(value);
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (value instanceof CelDuration) return durationText(value);
  if (value instanceof CelTimestamp) return timestampText(value);
  if (value instanceof CelTypeValue) return value.name;
  if (value instanceof List) return `[${Array.from(value, plain).join(', ')}]`;
  if (value instanceof CelMap) {
    const entries = Array.from(value.keys(), (key) => [plain(key), plain(value.get(key) ?? null)] as const);
    entries.sort(([a], [b]) => compareTexts(a, b));
    return `{${entries.map(([key, item]) => `${key}: ${item}`).join(', ')}}`;
  }
  return wrong('string', 'strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps', value);
}
