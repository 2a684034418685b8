/**
 * The shape of objects at run time, as decoding, patches and server-side apply need it. Built-in types come from
 * `@typernetes/api/schema`, custom resources bring their own. Schemas may refer to themselves: walk values, not schemas.
 */
export type Schema = ScalarSchema | StructSchema | ListSchema | MapSchema | AnySchema;

export type ScalarType =
  | 'string'
  | 'bool'
  | 'int'
  | 'float'
  | 'bytes'
  | 'quantity'
  | 'intOrString'
  | 'time'
  | 'microTime'
  | 'duration';

export interface ScalarSchema {
  readonly kind: 'scalar';
  readonly type: ScalarType;
  /** The type's name in messages: `int32`, `v1.Protocol`. */
  readonly goType: string;
}

/** Fixed fields. */
export interface StructSchema {
  readonly kind: 'struct';
  /** `v1.PodSpec` */
  readonly goType: string;
  /** In the order in which objects are written. */
  readonly fields: ReadonlyMap<string, FieldSchema>;
  /** Owned and replaced as a whole by server-side apply. */
  readonly atomic: boolean;
}

export interface FieldSchema {
  readonly name: string;
  readonly schema: Schema;
  readonly required: boolean;
  /** Whether absent differs from zero. */
  readonly pointer: boolean;
  /** Whether zero values are omitted when written. */
  readonly omitEmpty: boolean;
  /** Whether null is written where it is not set: lists that are never left out, times. */
  readonly writesNull: boolean;
  /** For strategic merge patches: `merge`, `replace`, `retainKeys`. */
  readonly patchStrategy: readonly string[];
  readonly patchMergeKey: string | undefined;
  readonly default?: unknown;
}

/** How server-side apply identifies the items of a list: not at all, by value, or by the values of some keys. */
export interface ListSchema {
  readonly kind: 'list';
  readonly goType: string;
  readonly items: Schema;
  readonly type: 'atomic' | 'set' | 'map';
  readonly keys: readonly string[];
}

export interface MapSchema {
  readonly kind: 'map';
  readonly goType: string;
  readonly values: Schema;
  readonly atomic: boolean;
}

/** Anything: objects inside are merged field by field, lists are replaced. */
export interface AnySchema {
  readonly kind: 'any';
}

export const anySchema: AnySchema = { kind: 'any' };

export type JsonObject = Record<string, unknown>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member that the object itself has: keys of maps are users' words, and may be `constructor`. */
export function ownMember(object: JsonObject, name: string): unknown {
  const value = object[name];
  return typeof value === 'function' || (name === '__proto__' && !Object.hasOwn(object, name)) ? undefined : value;
}

/** Sets a member whatever its name: an assignment to `__proto__` would be lost. */
export function setMember(object: JsonObject, name: string, value: unknown): void {
  if (name !== '__proto__') object[name] = value;
  else Object.defineProperty(object, name, { value, configurable: true, enumerable: true, writable: true });
}

/** The schema of a member of an object with this schema; undefined for a field that does not exist. */
export function memberSchema(schema: Schema, name: string): Schema | undefined {
  switch (schema.kind) {
    case 'struct':
      return schema.fields.get(name)?.schema;
    case 'map':
      return schema.values;
    case 'any':
      return anySchema;
    default:
      return undefined;
  }
}

/** The default of a key of a list's items, for items without the key. */
export function keyDefault(list: ListSchema, key: string): unknown {
  return list.items.kind === 'struct' ? list.items.fields.get(key)?.default : undefined;
}
