import { WireReader, WireWriter, wire } from '@typernetes/base';
import {
  type FactPackage,
  type Field,
  type MessageTable,
  messageTables,
  type Scalar,
  type ValueType,
} from './message-table.ts';

/** Encodes and decodes messages of one type. */
export interface Codec<T> {
  encode(message: T): Buffer;
  decode(bytes: Uint8Array): T;
}

/** Returns the codec of `<namespace>.<Message>`. A codec costs nothing until it is used. */
export type CodecSource = <T>(name: string) => Codec<T>;

type Message = Record<string, unknown>;

/**
 * Codecs for the given packages, under the names given here. Messages in JavaScript: 64-bit integers are decimal
 * strings, enums are names (numbers where there is no name), bytes are Buffers; unset lists and maps are empty, unset
 * messages null. Encoding interprets the message tables: generating code for each type would slow down the start of
 * programs.
 */
export function codecsOf(packages: Readonly<Record<string, FactPackage>>): CodecSource {
  const writer = new WireWriter();
  const tables = new Map(Object.entries(packages).map(([name, source]) => [name, messageTables(source)]));
  return <T>(name: string): Codec<T> => {
    const [, namespace = '', path = ''] = /^([^.]+)\.(.+)$/.exec(name) ?? [];
    const find = tables.get(namespace);
    if (!find) throw new Error(`There is no protobuf package for the message "${name}"`);
    const table = find(path);
    return {
      encode(message) {
        // Drops what a message that failed half-way has left in the writer.
        writer.reset();
        writeMessage(writer, table, message as Message);
        const bytes = writer.take();
        return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      },
      decode: (bytes) => readMessage(new WireReader(bytes), table) as T,
    };
  };
}

/** From the last field to the first, because the writer works backwards. */
function writeMessage(writer: WireWriter, { fields }: MessageTable, message: Message): void {
  for (let i = fields.length - 1; i >= 0; i--) {
    const field = fields[i] as Field;
    const value = message[field.name];
    if (value === undefined || value === null) continue;
    if (field.key !== undefined) writeMap(writer, field, field.key, value as Message);
    else if (field.repeated)
      for (const item of (value as readonly unknown[]).toReversed())
        writeField(writer, field.number, field.value, item);
    else writeField(writer, field.number, field.value, value);
  }
}

function writeMap(writer: WireWriter, { number, value: type }: Field, keyType: Scalar, map: Message): void {
  for (const [key, value] of Object.entries(map).reverse()) {
    const end = writer.length;
    writeField(writer, 2, type, value);
    writeField(writer, 1, { kind: keyType }, key);
    writer.varint(writer.length - end);
    writer.varint(number * 8 + wire.bytes);
  }
}

function writeField(writer: WireWriter, number: number, type: ValueType, value: unknown): void {
  const end = writer.length;
  const wireType = writeValue(writer, type, value);
  // The tag (and the length, if there is one) goes in front of the value, which is already written.
  if (wireType === wire.bytes) writer.varint(writer.length - end);
  writer.varint(number * 8 + wireType);
}

/** Writes the value without its tag and returns its wire type. */
function writeValue(writer: WireWriter, type: ValueType, value: unknown): number {
  switch (type.kind) {
    case 'message':
      writeMessage(writer, type.type, value as Message);
      return wire.bytes;
    case 'string':
      writer.text(String(value));
      return wire.bytes;
    case 'bytes':
      writer.raw(value as Uint8Array);
      return wire.bytes;
    case 'double':
      writer.double(Number(value));
      return wire.fixed64;
    case 'int64':
    case 'uint64':
      writer.exact(BigInt(value as string | number | bigint));
      return wire.varint;
    case 'enum':
      writer.varint(typeof value === 'number' ? value : enumNumber(type.values, String(value)));
      return wire.varint;
    default:
      writer.varint(Number(value));
      return wire.varint;
  }
}

function enumNumber(values: Readonly<Record<string, number>>, name: string): number {
  const number = values[name];
  if (number === undefined)
    throw new Error(`unknown value "${name}", expected one of ${Object.keys(values).join(', ')}`);
  return number;
}

function readMessage(reader: WireReader, table: MessageTable): Message {
  const message: Message = {};
  for (const field of table.fields) message[field.name] = unset(field);
  while (reader.more) {
    const tag = reader.varint();
    const wireType = tag & 7;
    const field = table.field(Math.floor(tag / 8));
    if (!field) reader.skip(wireType);
    else if (field.key !== undefined) readEntry(reader, field, field.key, message[field.name] as Message);
    else if (!field.repeated) message[field.name] = readValue(reader, field.value);
    else readItems(reader, field.value, wireType, message[field.name] as unknown[]);
  }
  return message;
}

function unset(field: Field): unknown {
  if (field.key !== undefined) return {};
  return field.repeated ? [] : zero(field.value);
}

function zero(type: ValueType): unknown {
  switch (type.kind) {
    case 'message':
      return null;
    case 'string':
      return '';
    case 'bytes':
      return Buffer.alloc(0);
    case 'bool':
      return false;
    case 'int64':
    case 'uint64':
      return '0';
    case 'enum':
      return type.names.get(0) ?? 0;
    default:
      return 0;
  }
}

/** Numbers may be packed: several in one field. */
function readItems(reader: WireReader, type: ValueType, wireType: number, items: unknown[]): void {
  const whole = type.kind === 'message' || type.kind === 'string' || type.kind === 'bytes';
  if (whole || wireType !== wire.bytes) items.push(readValue(reader, type));
  else
    within(reader, () => {
      while (reader.more) items.push(readValue(reader, type));
    });
}

function readEntry(reader: WireReader, { value: type }: Field, keyType: Scalar, map: Message): void {
  within(reader, () => {
    let key: unknown = zero({ kind: keyType });
    let value = zero(type);
    while (reader.more) {
      const tag = reader.varint();
      if (tag >> 3 === 1) key = readValue(reader, { kind: keyType });
      else if (tag >> 3 === 2) value = readValue(reader, type);
      else reader.skip(tag & 7);
    }
    map[String(key)] = value;
  });
}

function readValue(reader: WireReader, type: ValueType): unknown {
  switch (type.kind) {
    case 'message':
      return within(reader, () => readMessage(reader, type.type));
    case 'string':
      return reader.text();
    case 'bytes':
      return Buffer.from(reader.bytes());
    case 'bool':
      return reader.varint() !== 0;
    case 'double':
      return reader.double();
    case 'int64':
      return String(reader.exact('signed'));
    case 'uint64':
      return String(reader.exact('unsigned'));
    case 'uint32':
      return reader.varint();
    case 'int32':
      return reader.signed();
    case 'enum': {
      const number = reader.signed();
      return type.names.get(number) ?? number;
    }
  }
}

/** Reads a length-delimited value, and nothing beyond it. */
function within<R>(reader: WireReader, read: () => R): R {
  const length = reader.length();
  const { end } = reader;
  reader.end = reader.at + length;
  const value = read();
  reader.end = end;
  return value;
}
