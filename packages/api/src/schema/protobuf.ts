import { protobufTable } from './protobuf.gen.ts';
import { typeFacts } from './type-table.ts';

/** The JSON name (`~`: merged into the parent), the protobuf type, and `rep` for repeated fields. */
type FieldCode = readonly [name: string, type: string, label?: 'rep'];

let messages: Readonly<Record<string, Readonly<Record<string, FieldCode>>>> | undefined;
let keysByKind: Map<string, string> | undefined;

/** What every protobuf body of the API starts with. */
const magic = 'k8s\u0000';

/**
 * Reads a body in `application/vnd.kubernetes.protobuf` of a built-in kind as the JSON value that says the same. Throws an
 * Error for what is no such body.
 */
export function decodeProtobuf(bytes: Uint8Array): unknown {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (buffer.subarray(0, 4).toString('latin1') !== magic)
    throw new Error('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  let typeMeta = { apiVersion: '', kind: '' };
  let raw: Buffer | undefined;
  for (const field of fieldsOf(buffer.subarray(4))) {
    if (field.number === 1) typeMeta = readTypeMeta(field.bytes);
    else if (field.number === 2) raw = field.bytes;
  }
  const key = typeKeyOf(typeMeta);
  if (key === undefined)
    throw new Error(`no kind "${typeMeta.kind}" is registered for version "${typeMeta.apiVersion}"`);
  return { ...typeMeta, ...readMessage(raw ?? Buffer.alloc(0), key) };
}

function typeKeyOf({ apiVersion, kind }: { apiVersion: string; kind: string }): string | undefined {
  keysByKind ??= new Map(
    Object.entries(typeFacts().types).flatMap(([key, { gvk }]) =>
      gvk ? [[`${gvk[0] === '' ? '' : `${gvk[0]}/`}${gvk[1]} ${gvk[2]}`, key] as const] : [],
    ),
  );
  const found = keysByKind.get(`${apiVersion} ${kind}`);
  // Every group's version knows the options of requests.
  return found ?? (kind.endsWith('Options') ? `meta/v1.${kind}` : undefined);
}

function readTypeMeta(bytes: Buffer): { apiVersion: string; kind: string } {
  const meta = { apiVersion: '', kind: '' };
  for (const { number, bytes: text } of fieldsOf(bytes)) {
    if (number === 1) meta.apiVersion = text.toString();
    else if (number === 2) meta.kind = text.toString();
  }
  return meta;
}

function readMessage(bytes: Buffer, key: string): Record<string, unknown> {
  messages ??= JSON.parse(protobufTable) as NonNullable<typeof messages>;
  const codes = messages[key] ?? {};
  const object: Record<string, unknown> = {};
  for (const field of fieldsOf(bytes)) {
    const code = codes[field.number];
    if (!code) continue;
    const [name, type, label] = code;
    if (name === '~') Object.assign(object, readMessage(field.bytes, type));
    else if (type.startsWith('map<')) {
      const map = (object[name] ?? {}) as Record<string, unknown>;
      const [entryKey, value] = readEntry(field.bytes, type.slice(type.indexOf(',') + 1, -1));
      map[entryKey] = value;
      object[name] = map;
    } else if (label === 'rep') {
      const list = (object[name] ?? []) as unknown[];
      list.push(readValue(field, type));
      object[name] = list;
    } else object[name] = readValue(field, type);
  }
  return object;
}

function readEntry(bytes: Buffer, valueType: string): [string, unknown] {
  let key = '';
  let value: Field = { number: 2, bytes: Buffer.alloc(0), varint: 0n, double: 0 };
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) key = field.bytes.toString();
    else if (field.number === 2) value = field;
  }
  return [key, readValue(value, valueType)];
}

function readValue(field: Field, type: string): unknown {
  switch (type) {
    case 'string':
      return field.bytes.toString();
    case 'bytes':
      return field.bytes.toString('base64');
    case 'bool':
      return field.varint !== 0n;
    case 'int32':
    case 'int64':
      return Number(BigInt.asIntN(64, field.varint));
    case 'uint32':
    case 'uint64':
      return Number(field.varint);
    case 'double':
      return field.double;
    case 'resource.Quantity':
      return firstField(field.bytes, 1)?.bytes.toString() ?? '0';
    case 'intstr.IntOrString':
      return readIntOrString(field.bytes);
    case 'meta/v1.Time':
      return readTime(field.bytes, 0);
    case 'meta/v1.MicroTime':
      return readTime(field.bytes, 6);
    case 'meta/v1.Duration':
      return `${Number(BigInt.asIntN(64, firstField(field.bytes, 1)?.varint ?? 0n)) / 1e9}s`;
    case 'runtime.RawExtension':
    case 'apiextensions/v1.JSON':
    case 'meta/v1.FieldsV1': {
      const raw = firstField(field.bytes, 1)?.bytes.toString() ?? '';
      return raw === '' ? null : JSON.parse(raw);
    }
    default:
      return isItemsOnly(type)
        ? [...fieldsOf(field.bytes)].filter(({ number }) => number === 1).map(({ bytes }) => bytes.toString())
        : readMessage(field.bytes, type);
  }
}

/** Types that are plain lists in JSON: user.extra's values, verbs. */
const isItemsOnly = (type: string): boolean => type.endsWith('.ExtraValue') || type.endsWith('.Verbs');

function readIntOrString(bytes: Buffer): number | string {
  const isText = (firstField(bytes, 1)?.varint ?? 0n) === 1n;
  if (isText) return firstField(bytes, 3)?.bytes.toString() ?? '';
  return Number(BigInt.asIntN(64, firstField(bytes, 2)?.varint ?? 0n));
}

/** Null for the zero time, which stands for none. */
function readTime(bytes: Buffer, digits: number): string | null {
  const seconds = firstField(bytes, 1)?.varint;
  const nanos = Number(firstField(bytes, 2)?.varint ?? 0n);
  if (seconds === undefined) return null;
  const text = new Date(Number(BigInt.asIntN(64, seconds)) * 1000).toISOString().slice(0, 19);
  return digits === 0 ? `${text}Z` : `${text}.${String(Math.floor(nanos / 1000)).padStart(digits, '0')}Z`;
}

/** One field of a message; which member is meaningful depends on its wire type. */
interface Field {
  readonly number: number;
  readonly bytes: Buffer;
  readonly varint: bigint;
  readonly double: number;
}

const firstField = (bytes: Buffer, number: number): Field | undefined => {
  for (const field of fieldsOf(bytes)) if (field.number === number) return field;
  return undefined;
};

function* fieldsOf(bytes: Buffer): Generator<Field> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) break;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new Error('proto: unexpected EOF');
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const field = { number: tag >>> 3, bytes: bytes.subarray(0, 0), varint: 0n, double: 0 };
    switch (tag & 7) {
      case 0:
        yield { ...field, varint: varint() };
        break;
      case 1:
        yield { ...field, double: bytes.readDoubleLE(at) };
        at += 8;
        break;
      case 2: {
        const length = Number(varint());
        if (at + length > bytes.length) throw new Error('proto: unexpected EOF');
        yield { ...field, bytes: bytes.subarray(at, at + length) };
        at += length;
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        throw new Error(`proto: illegal wireType ${tag & 7}`);
    }
  }
}
