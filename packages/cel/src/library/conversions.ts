import {
  boolType,
  bytesType,
  doubleType,
  durationType,
  dynType,
  intType,
  listType,
  mapType,
  stringType,
  timestampType,
  uintType,
} from '../types/type.ts';
import { doubleText } from '../values/double-text.ts';
import { durationText, parseCelDuration, parseTimestamp, timestamp, timestampText } from '../values/time-text.ts';
import {
  type CelDuration,
  CelError,
  type CelList,
  type CelMap,
  type CelTimestamp,
  CelUint,
  type CelValue,
} from '../values/value.ts';
import { fn, type Library, method, type Overload, readsFirst } from './overload.ts';
import { sizeOf } from './size.ts';

const two63 = 2 ** 63;
const two64 = 2 ** 64;

function intOf(value: bigint): bigint {
  if (value >= 2n ** 63n || value < -(2n ** 63n)) throw new CelError('integer overflow');
  return value;
}

function uintOf(value: bigint): CelUint {
  if (value < 0n || value >= 2n ** 64n) throw new CelError('unsigned integer overflow');
  return new CelUint(value);
}

function intOfText(text: string): bigint {
  if (!/^[+-]?\d+$/.test(text)) throw new CelError(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = BigInt(text.replace(/^\+/, ''));
  if (value !== BigInt.asIntN(64, value)) {
    throw new CelError(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
  }
  return value;
}

function uintOfText(text: string): CelUint {
  if (!/^\d+$/.test(text)) throw new CelError(`strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`);
  if (BigInt(text) >= 2n ** 64n)
    throw new CelError(`strconv.ParseUint: parsing ${JSON.stringify(text)}: value out of range`);
  return new CelUint(BigInt(text));
}

function intOfDouble(value: number): bigint {
  // Doubles this large cannot tell the largest int from the first that overflows.
  if (!(value > -two63 && value < two63)) throw new CelError('integer overflow');
  return BigInt(Math.trunc(value));
}

function uintOfDouble(value: number): CelUint {
  if (!(value >= 0 && value < two64)) throw new CelError('unsigned integer overflow');
  return new CelUint(BigInt(Math.trunc(value)));
}

function doubleOfText(text: string): number {
  const special: Readonly<Record<string, number>> = {
    nan: Number.NaN,
    inf: Infinity,
    '+inf': Infinity,
    '-inf': -Infinity,
    infinity: Infinity,
    '-infinity': -Infinity,
  };
  const value = special[text.toLowerCase()];
  if (value !== undefined) return value;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) {
    throw new CelError(`strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  return Number(text);
}

const truths = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const lies = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

function boolOfText(text: string): boolean {
  if (truths.has(text)) return true;
  if (lies.has(text)) return false;
  throw new CelError(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
}

function textOfBytes(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CelError('invalid UTF-8 in bytes, cannot convert to string');
  }
}

const second = 1_000_000_000n;
/** Whole seconds, rounded down. */
const seconds = (nanos: bigint): bigint => (nanos - (((nanos % second) + second) % second)) / second;

const same = (value: CelValue): CelValue => value;
const size = (value: CelValue): bigint => BigInt(sizeOf(value));

const sized: Overload[] = [stringType, bytesType, listType(dynType), mapType(dynType, dynType)].flatMap((type) => [
  fn('size', [type], intType, size as (value: CelList | CelMap) => bigint),
  method('size', [type], intType, size),
]);

export const conversions: Library = [
  ...sized,
  fn('bool', [boolType], boolType, same),
  fn('bool', [stringType], boolType, boolOfText),
  fn('bytes', [bytesType], bytesType, same),
  fn('bytes', [stringType], bytesType, (text: string) => new TextEncoder().encode(text), readsFirst),
  fn('double', [doubleType], doubleType, same),
  fn('double', [intType], doubleType, (value: bigint) => Number(value)),
  fn('double', [uintType], doubleType, (value: CelUint) => Number(value.value)),
  fn('double', [stringType], doubleType, doubleOfText),
  fn('duration', [durationType], durationType, same),
  fn('duration', [stringType], durationType, parseCelDuration),
  fn('int', [intType], intType, same),
  fn('int', [uintType], intType, (value: CelUint) => intOf(value.value)),
  fn('int', [doubleType], intType, intOfDouble),
  fn('int', [stringType], intType, intOfText),
  fn('int', [timestampType], intType, (value: CelTimestamp) => seconds(value.nanos)),
  fn('int', [durationType], intType, (value: CelDuration) => value.nanos),
  fn('string', [stringType], stringType, same),
  fn('string', [boolType], stringType, (value: boolean) => String(value)),
  fn('string', [intType], stringType, (value: bigint) => String(value)),
  fn('string', [uintType], stringType, (value: CelUint) => String(value.value)),
  fn('string', [doubleType], stringType, (value: number) => doubleText(value)),
  fn('string', [bytesType], stringType, textOfBytes, readsFirst),
  fn('string', [timestampType], stringType, (value: CelTimestamp) => timestampText(value)),
  fn('string', [durationType], stringType, (value: CelDuration) => durationText(value)),
  fn('timestamp', [timestampType], timestampType, same),
  fn('timestamp', [stringType], timestampType, parseTimestamp),
  fn('timestamp', [intType], timestampType, (value: bigint) => timestamp(value * second)),
  fn('uint', [uintType], uintType, same),
  fn('uint', [intType], uintType, (value: bigint) => uintOf(value)),
  fn('uint', [doubleType], uintType, uintOfDouble),
  fn('uint', [stringType], uintType, uintOfText),
];
