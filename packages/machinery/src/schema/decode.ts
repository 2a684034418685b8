import { plainNumbers, WrittenNumber } from '../exact-json.ts';
import { jsonCopy } from '../json/copy.ts';
import { canonicalQuantity } from '../quantity.ts';
import { goQuote } from '../quote.ts';
import { badRequest, type StatusError } from '../status-error.ts';
import { formatDuration, parseDuration, parseTime } from '../time.ts';
import {
  type FieldSchema,
  isJsonObject,
  type JsonObject,
  type ScalarSchema,
  type Schema,
  type StructSchema,
  setMember,
} from './schema.ts';

export interface Decoded {
  /**
   * A new object in the shape that upstream writes: fields in order, without unknown ones and nulls, quantities
   * canonical, zero values omitted or filled in as the type requires. Values below untyped fields are shared with the
   * input.
   */
  readonly object: JsonObject;
  /** Paths of fields that the type does not have: `spec.containers[0].img`. */
  readonly unknownFields: readonly string[];
}

/** As upstream, problems beyond this number are not reported. */
const maxUnknownFields = 100;

interface Context {
  readonly unknown: string[];
  /** Names from the root to the value being decoded; numbers are indices. */
  readonly path: (string | number)[];
  /** The depths of map keys in the path, which upstream omits from error messages. */
  readonly mapDepths: number[];
  /** The field of a struct that the value belongs to, items of lists and maps included. */
  site: Site | undefined;
  /** The first value of the wrong type; as upstream, decoding continues. */
  misfit: string | undefined;
  /** Whether numbers may be {@link WrittenNumber}s. */
  readonly asWritten: boolean;
}

const newContext = (asWritten = false): Context => ({
  unknown: [],
  path: [],
  mapDepths: [],
  site: undefined,
  misfit: undefined,
  asWritten,
});

/**
 * Decodes a parsed JSON document as an object of the type. Throws an Error in upstream's words for a value of the wrong
 * type. `asWritten`: the document is from {@link parseAsWritten}.
 */
export function decodeObject(value: unknown, schema: StructSchema, { asWritten = false } = {}): Decoded {
  const context = newContext(asWritten);
  if (!isJsonObject(value))
    throw new Error(`json: cannot unmarshal ${jsonKind(value)} into Go value of type ${schema.goType}`);
  const object = decodeStruct(value, schema, context);
  if (context.misfit !== undefined) throw new Error(context.misfit);
  return { object, unknownFields: context.unknown };
}

const emptyMaps = new WeakMap<JsonObject, Set<string>>();

/** Whether a map in a decoded struct was there, but empty: upstream tells that from a missing one until it is stored. */
export const hadEmptyMap = (object: object, name: string): boolean =>
  emptyMaps.get(object as JsonObject)?.has(name) ?? false;

function noteEmptyMap(out: JsonObject, name: string): void {
  const known = emptyMaps.get(out);
  if (known) known.add(name);
  else emptyMaps.set(out, new Set([name]));
}

/** `Deployment in version "v1" cannot be handled as a Deployment: ...` */
export function undecodable(type: { readonly kind: string; readonly version: string }, why: string): StatusError {
  return badRequest(`${type.kind} in version "${type.version}" cannot be handled as a ${type.kind}: ${why}`);
}

function decodeStruct(value: JsonObject, schema: StructSchema, context: Context): JsonObject {
  const out: JsonObject = {};
  let known = 0;
  for (const site of sitesOf(schema)) {
    const { field } = site;
    const { name } = field;
    const given = value[name];
    if (given !== undefined) known++;
    const decoded = given === undefined || given === null ? undefined : decodeField(given, site, context);
    const kept =
      decoded === undefined || (field.omitEmpty && !field.pointer && field.schema.kind !== 'any' && isEmpty(decoded))
        ? absent(field)
        : decoded;
    if (kept !== undefined) out[name] = kept;
    else if (decoded !== undefined && field.schema.kind === 'map') noteEmptyMap(out, name);
  }
  reportUnknown(value, { schema, known }, context);
  return out;
}

const siteLists = new WeakMap<StructSchema, readonly Site[]>();

/** Walking an array costs a fraction of walking a map. */
function sitesOf(struct: StructSchema): readonly Site[] {
  let list = siteLists.get(struct);
  if (list === undefined) {
    list = [...struct.fields.values()].map((field) => ({ field, struct }));
    siteLists.set(struct, list);
  }
  return list;
}

function reportUnknown(
  value: JsonObject,
  { schema, known }: { schema: StructSchema; known: number },
  context: Context,
): void {
  const names = Object.keys(value);
  if (names.length === known) return;
  for (const name of names) {
    if (!schema.fields.has(name) && context.unknown.length < maxUnknownFields) {
      context.unknown.push(pathText([...context.path, name]));
    }
  }
}

/** Nulls, absent and zero values all mean the same for a field without a pointer: this. */
function absent(field: FieldSchema): unknown {
  if (field.pointer) return undefined;
  const { schema } = field;
  if (schema.kind === 'struct') return emptyStruct(schema);
  if (field.omitEmpty) return undefined;
  if (field.writesNull) return null;
  if (schema.kind === 'list') return [];
  if (schema.kind === 'map') return {};
  return schema.kind === 'scalar' ? zeroOf(schema) : undefined;
}

const emptyStructs = new WeakMap<StructSchema, JsonObject>();

/** A struct is written even when nothing in it is set. */
function emptyStruct(schema: StructSchema): JsonObject {
  let empty = emptyStructs.get(schema);
  if (empty === undefined) {
    empty = decodeStruct({}, schema, newContext());
    emptyStructs.set(schema, empty);
  }
  return jsonCopy(empty);
}

function zeroOf(schema: ScalarSchema): unknown {
  switch (schema.type) {
    case 'string':
    case 'bytes':
      return '';
    case 'bool':
      return false;
    case 'int':
    case 'float':
    case 'intOrString':
      return 0;
    case 'quantity':
      return '0';
    case 'duration':
      return '0s';
  }
}

function isEmpty(value: unknown): boolean {
  if (value === '' || value === 0 || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  // An empty struct is not empty to upstream: absent() yields it again.
  return isJsonObject(value) && Object.keys(value).length === 0;
}

interface Site {
  readonly field: FieldSchema;
  readonly struct: StructSchema;
}

function decodeField(value: unknown, site: Site, context: Context): unknown {
  const { schema } = site.field;
  if (isWritten(value, schema)) return value;
  const outer = context.site;
  context.site = site;
  context.path.push(site.field.name);
  const decoded = decodeValue(value, schema, context);
  context.path.pop();
  context.site = outer;
  return decoded;
}

/** Whether it is written just as it was read, which nearly all scalars are: for them nothing need be prepared for a misfit. */
function isWritten(value: unknown, schema: Schema): boolean {
  if (schema.kind !== 'scalar') return false;
  switch (schema.type) {
    case 'string':
      return typeof value === 'string';
    case 'bool':
      return typeof value === 'boolean';
    case 'int':
      return (typeof value === 'number' || typeof value === 'bigint') && fitsInteger(value, schema.goType);
    default:
      return false;
  }
}

function decodeValue(value: unknown, schema: Schema, context: Context): unknown {
  switch (schema.kind) {
    case 'any':
      return context.asWritten ? plainNumbers(value) : value;
    case 'scalar':
      return decodeScalar(value, schema, context);
    case 'struct':
      if (!hasMembers(value)) return misfit(value, schema.goType, context);
      return decodeStruct(value, schema, context);
    case 'list': {
      if (!Array.isArray(value)) return misfit(value, schema.goType, context);
      return decodeItems(value, schema.items, context);
    }
    case 'map': {
      if (!hasMembers(value)) return misfit(value, schema.goType, context);
      context.mapDepths.push(context.path.length);
      const out = decodeMembers(value, schema.values, context);
      context.mapDepths.pop();
      return out;
    }
  }
}

const hasMembers = (value: unknown): value is JsonObject => isJsonObject(value) && !(value instanceof WrittenNumber);

function decodeItems(list: readonly unknown[], items: Schema, context: Context): unknown[] {
  const depth = context.path.length;
  return list.map((item, i) => {
    if (item === null) return emptyItem(items);
    context.path[depth] = i;
    const decoded = decodeValue(item, items, context);
    context.path.length = depth;
    return decoded;
  });
}

/** Members of maps are sorted by name, as in Go's JSON (JavaScript puts integer-like names first). */
function decodeMembers(object: JsonObject, values: Schema, context: Context): JsonObject {
  const out: JsonObject = {};
  for (const key of inOrder(Object.keys(object))) {
    const item = object[key];
    if (item === null) setMember(out, key, emptyItem(values));
    else if (isWritten(item, values)) setMember(out, key, item);
    else {
      context.path.push(key);
      setMember(out, key, decodeValue(item, values, context));
      context.path.pop();
    }
  }
  return out;
}

function inOrder(keys: string[]): string[] {
  for (let i = 1; i < keys.length; i++) if ((keys[i - 1] as string) > (keys[i] as string)) return keys.sort();
  return keys;
}

/** A null item of a list or map becomes the zero value; for times it is written as null. */
function emptyItem(schema: Schema): unknown {
  return schema.kind === 'struct' ? emptyStruct(schema) : schema.kind === 'scalar' ? (zeroOf(schema) ?? null) : null;
}

function misfit(value: unknown, goType: string, context: Context, shown = jsonKind(value)): undefined {
  const { mapDepths, site } = context;
  const owner = site?.struct.goType ?? '';
  const struct = owner.slice(owner.lastIndexOf('.') + 1);
  const path = context.path.filter((part, i) => typeof part === 'string' && !mapDepths.includes(i)).join('.');
  context.misfit ??= `json: cannot unmarshal ${shown} into Go struct field ${struct}.${path} of type ${goType}`;
}

function decodeScalar(value: unknown, schema: ScalarSchema, context: Context): unknown {
  if (value instanceof WrittenNumber) return decodeWritten(value, schema, context);
  if (isWritten(value, schema)) return value;
  const { type, goType } = schema;
  const wrong = (shown?: string): undefined => misfit(value, goType, context, shown);
  const refused = (message: string): undefined => {
    context.misfit ??= message;
  };
  switch (type) {
    case 'string':
    case 'bool':
      return wrong();
    case 'int':
      return isNumber(value) ? wrong(`number ${value}`) : wrong();
    case 'float':
      return isNumber(value) ? Number(value) : wrong();
    case 'bytes':
      if (typeof value !== 'string') return wrong();
      return isBase64(value) ? value : refused(`illegal base64 data at input byte ${firstBadBase64(value)}`);
    case 'intOrString':
      if (typeof value === 'string') return value;
      if (typeof value === 'number' && fitsInteger(value, 'int32')) return value;
      return refused(
        `json: cannot unmarshal ${isNumber(value) ? `number ${value}` : jsonKind(value)} into Go value of type int32`,
      );
    case 'quantity':
      if (typeof value !== 'string' && !isNumber(value)) return refused(quantityFormat);
      // Space around them upstream allows in JSON alone.
      return attempt(() => canonicalQuantity(typeof value === 'number' ? value : String(value).trim()), refused);
    case 'duration':
      if (typeof value !== 'string')
        return refused(`json: cannot unmarshal ${jsonKind(value)} into Go value of type string`);
      return attempt(() => formatDuration(parseDuration(value)), refused);
    case 'time':
    case 'microTime':
      if (typeof value !== 'string')
        return refused(`json: cannot unmarshal ${jsonKind(value)} into Go value of type string`);
      return decodeTime(value, { type, refused });
  }
}

/** Quantities are read as texts; other numbers except integers by their value. */
function decodeWritten(value: WrittenNumber, schema: ScalarSchema, context: Context): unknown {
  const { source } = value;
  if (schema.type === 'quantity') return decodeScalar(source, schema, context);
  if (schema.type === 'int') return misfit(value, schema.goType, context, `number ${source}`);
  if (schema.type !== 'intOrString') return decodeScalar(Number(value), schema, context);
  context.misfit ??= `json: cannot unmarshal number ${source} into Go value of type int32`;
  return undefined;
}

const quantityFormat = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

function attempt(read: () => string, refused: (message: string) => undefined): string | undefined {
  try {
    return read();
  } catch (error) {
    return refused((error as Error).message);
  }
}

const integerRanges: Readonly<Record<string, readonly [min: number, max: number]>> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  uint64: [0, 2 ** 64 - 1],
  uint16: [0, 2 ** 16 - 1],
};
const isNumber = (value: unknown): value is number | bigint => typeof value === 'number' || typeof value === 'bigint';

function fitsInteger(value: number | bigint, goType: string): boolean {
  if (typeof value === 'number' && !Number.isInteger(value)) return false;
  const range = integerRanges[goType];
  // The largest int64 is not exact as a number: the next one is too large already.
  return range ? value >= range[0] && value <= range[1] : value >= -(2 ** 63) && value < 2 ** 63;
}

const isBase64 = (text: string): boolean => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);

function firstBadBase64(text: string): number {
  const at = text.search(/[^A-Za-z0-9+/]/);
  return at < 0 ? text.length : at;
}

/** Times are stored in UTC; those in the wanted form already are the common case. */
function decodeTime(
  text: string,
  { type, refused }: { type: 'time' | 'microTime'; refused: (message: string) => undefined },
): string | undefined {
  const [form, layout] =
    type === 'time'
      ? [/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, '2006-01-02T15:04:05Z07:00']
      : [/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/, '2006-01-02T15:04:05.000000Z07:00'];
  const ms = parseTime(text);
  if (Number.isNaN(ms))
    return refused(`parsing time ${goQuote(text)} as ${goQuote(layout)}: cannot parse ${goQuote(text)} as "2006"`);
  if (form.test(text)) return text;
  const iso = new Date(ms).toISOString();
  return type === 'time' ? `${iso.slice(0, 19)}Z` : `${iso.slice(0, 23)}000Z`;
}

/** The type of a value in the words of Go's JSON package. */
export function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (isNumber(value) || value instanceof WrittenNumber) return 'number';
  return value === null ? 'null' : typeof value === 'boolean' ? 'bool' : typeof value;
}

/** `spec.containers[0].name` */
function pathText(path: readonly (string | number)[]): string {
  let text = '';
  for (const part of path) text += typeof part === 'number' ? `[${part}]` : text === '' ? part : `.${part}`;
  return text;
}
