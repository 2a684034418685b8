import { WireWriter } from '@typernetes/base';
import { type JsonObject, ownMember } from '@typernetes/machinery';
import { type MessageField, MessageType } from './message.ts';

/** One writer for all, because encoding is synchronous. */
const writer = new WireWriter();

/**
 * Encodes a value in JSON's form. The bytes are exactly upstream's: zero values of fields that cannot be absent are
 * included. Throws if a value does not fit its type, and leaves the writer clean.
 */
export function encodeMessage(type: MessageType, value: object): Uint8Array {
  writer.reset();
  writeMessage(type, value);
  return writer.take();
}

function writeMessage(type: MessageType, value: unknown): void {
  const members = (type.eitherOr ? type.eitherOr.toFields(value) : value) as JsonObject;
  for (const field of type.fields) {
    if (field.inlined) writeNested(field, members);
    else {
      const member = members[field.name];
      if (member === undefined || member === null) writeAbsent(field);
      else if (field.map) writeMap(field, member as JsonObject);
      else if (field.repeated) {
        const items = member as readonly unknown[];
        for (let i = items.length - 1; i >= 0; i--) writeNested(field, items[i]);
      } else writeNested(field, member);
    }
  }
}

/** Writes the value with its tag and, where needed, its length. */
function writeNested(field: MessageField, value: unknown): void {
  const { value: type, tag } = field;
  const before = writer.length;
  if (type instanceof MessageType) writeMessage(type, value);
  else {
    type.write(writer, value);
    if (type.wireType !== 2) {
      writer.raw(tag);
      return;
    }
  }
  writer.varint(writer.length - before);
  writer.raw(tag);
}

/** Entries are sorted by key, each `{1: key, 2: value}`. */
function writeMap(field: MessageField, map: JsonObject): void {
  const { value: type } = field;
  const keys = Object.keys(map);
  if (keys.length > 1) keys.sort();
  for (let i = keys.length - 1; i >= 0; i--) {
    const key = keys[i] as string;
    const value = ownMember(map, key);
    const before = writer.length;
    if (type instanceof MessageType) {
      writeMessage(type, value);
      writer.varint(writer.length - before);
      writer.byte(0x12);
    } else {
      type.write(writer, value);
      if (type.wireType === 2) writer.varint(writer.length - before);
      writer.byte(2 * 8 + type.wireType);
    }
    const atKey = writer.length;
    writer.text(key);
    writer.varint(writer.length - atKey);
    writer.byte(0x0a);
    writer.varint(writer.length - before);
    writer.raw(field.tag);
  }
}

function writeAbsent(field: MessageField): void {
  if (field.optional || field.repeated || field.map) return;
  const { value: type } = field;
  if (!(type instanceof MessageType)) {
    if (type.zero !== undefined) writeNested(field, type.zero);
    return;
  }
  if (type.empty === undefined) {
    const before = writer.length;
    writeMessage(type, {});
    type.empty = writer.last(writer.length - before);
  } else writer.raw(type.empty);
  writer.varint(type.empty.length);
  writer.raw(field.tag);
}
