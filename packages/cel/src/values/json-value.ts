import { exactInteger } from '@typernetes/machinery';
import type { DeclaredField, DeclaredType } from '../types/declared-type.ts';
import type { ListKind } from '../types/list-kind.ts';
import { dynType } from '../types/type.ts';
import { durationText, parseCelDuration, parseTimestamp, timestampText } from './time-text.ts';
import {
  CelDuration,
  CelError,
  CelList,
  CelMap,
  CelOpaque,
  CelOptional,
  CelTimestamp,
  CelTypeValue,
  CelUint,
  type CelValue,
} from './value.ts';

const anything: DeclaredType = { type: dynType };

/** A list of JSON values, read in place. */
class JsonList extends CelList {
  readonly raw: readonly unknown[];
  override readonly kind: ListKind | undefined;
  readonly #element: DeclaredType;

  constructor(raw: readonly unknown[], declared: DeclaredType) {
    super();
    this.raw = raw;
    this.kind = declared.list;
    this.#element = declared.element ?? anything;
  }
  get size(): number {
    return this.raw.length;
  }
  at(index: number): CelValue {
    return fromJson(this.raw[index], this.#element);
  }
}

/** A JSON object read as a map whose values have one type. */
class JsonMap extends CelMap {
  readonly raw: Readonly<Record<string, unknown>>;
  readonly #element: DeclaredType;
  #size: number | undefined;

  constructor(raw: Readonly<Record<string, unknown>>, element: DeclaredType = anything) {
    super();
    this.raw = raw;
    this.#element = element;
  }
  get size(): number {
    this.#size ??= Object.keys(this.raw).length;
    return this.#size;
  }
  get(key: CelValue): CelValue | undefined {
    if (typeof key !== 'string' || !Object.hasOwn(this.raw, key)) return undefined;
    return fromJson(this.raw[key], this.#element);
  }
  keys(): Iterable<CelValue> {
    return Object.keys(this.raw);
  }
}

/** A JSON object with declared fields; undeclared ones are hidden. */
export class JsonObject extends CelMap {
  readonly raw: Readonly<Record<string, unknown>>;
  readonly #declared: DeclaredType;

  constructor(raw: Readonly<Record<string, unknown>>, declared: DeclaredType) {
    super();
    this.raw = raw;
    this.#declared = declared;
  }
  override get typeName(): string {
    return this.#declared.type.name;
  }
  get size(): number {
    return [...this.keys()].length;
  }
  get(key: CelValue): CelValue | undefined {
    const field = typeof key === 'string' ? this.#declared.fields?.get(key) : undefined;
    return field && fieldValue(this.raw, field);
  }
  *keys(): Generator<CelValue> {
    for (const [name, field] of this.#declared.fields ?? []) {
      if (fieldValue(this.raw, field) !== undefined) yield name;
    }
  }
}

const madeTypes = new WeakMap<object, string>();

/** A new object of a type that an expression names. What becomes of it as JSON remembers the name. */
export function madeAs(raw: Readonly<Record<string, unknown>>, declared: DeclaredType): JsonObject {
  madeTypes.set(raw, declared.type.name);
  return new JsonObject(raw, declared);
}

/** By which name of a type an expression has made this piece of JSON, if it has. */
export const madeTypeOf = (json: object): string | undefined => madeTypes.get(json);

function fieldValue(raw: Readonly<Record<string, unknown>>, { name, type }: DeclaredField): CelValue | undefined {
  const value = Object.hasOwn(raw, name) ? raw[name] : undefined;
  return value === undefined ? undefined : fromJson(value, type);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isReady = (value: unknown): value is CelValue =>
  value instanceof CelMap ||
  value instanceof CelList ||
  value instanceof CelOpaque ||
  value instanceof CelUint ||
  value instanceof CelTimestamp ||
  value instanceof CelDuration ||
  value instanceof CelOptional ||
  value instanceof CelTypeValue ||
  value instanceof Uint8Array;

/**
 * Converts JSON to a CEL value. Without a declared type, whole numbers become ints. CEL values are returned as they
 * are.
 */
export function fromJson(value: unknown, declared: DeclaredType = anything): CelValue {
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'bigint':
      if (declared.type.kind === 'double') return Number(value);
      return declared.type.kind === 'uint' ? new CelUint(value) : value;
    case 'string':
      return fromText(value, declared);
    case 'number':
      if (declared.type.kind === 'double') return value;
      if (declared.type.kind === 'uint') return new CelUint(BigInt(value));
      return Number.isInteger(value) ? BigInt(value) : value;
    default:
  }
  if (value === null || value === undefined) return null;
  if (isReady(value)) return value;
  if (Array.isArray(value)) return new JsonList(value, declared);
  if (!isObject(value)) throw new CelError('unsupported conversion to a value of CEL');
  if (declared.fields) return new JsonObject(value, declared);
  return new JsonMap(value, declared.element ?? anything);
}

function fromText(text: string, { type }: DeclaredType): CelValue {
  switch (type.kind) {
    case 'timestamp':
      return parseTimestamp(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);
    case 'duration':
      return parseCelDuration(text);
    case 'bytes':
      return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
    default:
      return text;
  }
}

/** Converts a CEL value to JSON. Throws a {@link CelError} for values that JSON cannot hold. */
export function toJson(value: CelValue): unknown {
  if (value === null || typeof value === 'boolean' || typeof value === 'string' || typeof value === 'number')
    return value;
  if (typeof value === 'bigint') return exactInteger(value);
  if (value instanceof CelUint) return exactInteger(value.value);
  if (value instanceof JsonList || value instanceof JsonMap || value instanceof JsonObject) return value.raw;
  if (value instanceof CelList) return Array.from(value, toJson);
  if (value instanceof CelMap) {
    return Object.fromEntries(Array.from(value.keys(), (key) => [String(toJson(key)), toJson(value.get(key) ?? null)]));
  }
  if (value instanceof CelOptional) return value.content === undefined ? null : toJson(value.content);
  if (value instanceof CelTimestamp) return timestampText(value);
  if (value instanceof CelDuration) return durationText(value);
  throw new CelError('unsupported conversion to JSON');
}
