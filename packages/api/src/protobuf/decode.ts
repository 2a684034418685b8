import { WireReader, wire } from '@typernetes/base';
import { type JsonObject, setMember } from '@typernetes/machinery';
import { type MessageField, MessageType } from './message.ts';

/** No schema nests deeper; such a message is an attack. */
const maxDepth = 500;

/**
 * Decodes a message to its JSON value. Omits zero values that JSON omits, and unknown fields. Throws Errors for
 * truncated or malformed input.
 */
export function decodeMessage(type: MessageType, bytes: Uint8Array): unknown {
  return readMessage(type, new WireReader(bytes), { into: {}, depth: 0 });
}

function readMessage(
  type: MessageType,
  reader: WireReader,
  { into, depth }: { into: JsonObject; depth: number },
): unknown {
  if (depth > maxDepth) throw new Error('proto: exceeded maximum recursion depth');
  const { byNumber } = type;
  while (reader.more) {
    const tag = reader.varint();
    const field = byNumber[Math.floor(tag / 8)];
    if (field === undefined) reader.skip(tag & 7);
    else readField(field, reader, { into, depth, wireType: tag & 7 });
  }
  if (type.eitherOr) return type.eitherOr.fromFields(into);
  for (const { name } of type.shownEmpty) into[name] ??= name === 'items' ? [] : null;
  return into;
}

function readField(
  field: MessageField,
  reader: WireReader,
  { into, depth, wireType }: { into: JsonObject; depth: number; wireType: number },
): void {
  const { name, value: type } = field;
  const expected = field.map || type instanceof MessageType ? wire.bytes : type.wireType;
  if (field.repeated) {
    into[name] ??= [];
    const list = into[name] as unknown[];
    // Numbers may be packed.
    if (wireType === wire.bytes && expected !== wire.bytes) readPacked(field, reader, list);
    else {
      requireWireType(field, wireType, expected);
      list.push(type instanceof MessageType ? readNested(type, reader, { into: {}, depth }) : type.read(reader));
    }
    return;
  }
  requireWireType(field, wireType, expected);
  if (field.map) {
    into[name] ??= {};
    readEntry(field, reader, { map: into[name] as JsonObject, depth });
  } else if (field.inlined) readNested(type as MessageType, reader, { into, depth });
  else if (type instanceof MessageType) {
    // A message that occurs several times is merged.
    const known = type.eitherOr ? undefined : into[name];
    into[name] = readNested(type, reader, { into: (known ?? {}) as JsonObject, depth });
  } else {
    const value = type.read(reader);
    if (value !== null && !(field.omitted && !field.optional && isZero(value))) into[name] = value;
  }
}

const isZero = (value: unknown): boolean => value === '' || value === 0 || value === false;

function requireWireType(field: MessageField, given: number, expected: number): void {
  if (given !== expected) throw new Error(`proto: wrong wireType = ${given} for field ${field.name}`);
}

function readNested(type: MessageType, reader: WireReader, at: { into: JsonObject; depth: number }): unknown {
  const outer = reader.end;
  const length = reader.length();
  reader.end = reader.at + length;
  const value = readMessage(type, reader, { into: at.into, depth: at.depth + 1 });
  reader.end = outer;
  return value;
}

function readPacked(field: MessageField, reader: WireReader, list: unknown[]): void {
  const outer = reader.end;
  const length = reader.length();
  reader.end = reader.at + length;
  while (reader.more) if (!(field.value instanceof MessageType)) list.push(field.value.read(reader));
  reader.end = outer;
}

function readEntry(field: MessageField, reader: WireReader, { map, depth }: { map: JsonObject; depth: number }): void {
  const { value: type } = field;
  const outer = reader.end;
  const length = reader.length();
  reader.end = reader.at + length;
  let key = '';
  let value: unknown = type instanceof MessageType ? {} : (type.zero ?? '');
  while (reader.more) {
    const tag = reader.varint();
    if (tag === 0x0a) key = reader.text();
    else if (Math.floor(tag / 8) === 2)
      value = type instanceof MessageType ? readNested(type, reader, { into: {}, depth }) : type.read(reader);
    else reader.skip(tag & 7);
  }
  reader.end = outer;
  setMember(map, key, value);
}
