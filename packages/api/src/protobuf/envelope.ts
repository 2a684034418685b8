import { WireReader } from '@typernetes/base';
import { decodeMessage } from './decode.ts';
import { encodeMessage } from './encode.ts';
import { messageOf, messageOfKind } from './message.ts';

/** The prefix of every protobuf body of the API: `k8s` and a NUL. */
const magic = Uint8Array.of(0x6b, 0x38, 0x73, 0);

interface TypeMeta {
  readonly apiVersion: string;
  readonly kind: string;
}

/** The content encoding and content type, both empty. */
const envelopeTail = Uint8Array.of(0x1a, 0, 0x22, 0);

/** Whether a kind can be encoded in protobuf: all built-in kinds except Table. */
export const hasMessage = (typeMeta: TypeMeta): boolean => messageOfKind(typeMeta) !== undefined;

/** The message of an object without its type meta; throws for a kind without a message. */
export function encodeBody(typeMeta: TypeMeta, object: object): Uint8Array {
  return encodeMessage(requireMessage(typeMeta), object);
}

/** A whole body in `application/vnd.kubernetes.protobuf`. */
export function encodeProtobuf(object: TypeMeta): Uint8Array {
  return envelopeOf(object, encodeBody(object, object));
}

/** Wraps a message with its kind (upstream: runtime.Unknown behind the magic number). */
export function envelopeOf(typeMeta: TypeMeta, body: Uint8Array): Uint8Array {
  return joined([...envelopeHead(typeMeta, body.length), body, envelopeTail]);
}

/** A list whose items are already encoded. */
export function listEnvelope(typeMeta: TypeMeta, metadata: object, items: readonly Uint8Array[]): Uint8Array {
  const meta = encodeMessage(messageOf('meta/v1.ListMeta'), metadata);
  const parts: Uint8Array[] = [field(1, meta.length), meta];
  for (const item of items) parts.push(field(2, item.length), item);
  return joined([...envelopeHead(typeMeta, lengthOf(parts)), ...parts, envelopeTail]);
}

/** A frame of a watch stream: four bytes of big-endian length, then the event around a whole body. */
export function watchFrame(type: string, object: Uint8Array): Uint8Array {
  const name = new TextEncoder().encode(type);
  const raw = field(1, object.length);
  const event = [field(1, name.length), name, field(2, raw.length + object.length), raw, object];
  const head = new Uint8Array(4);
  new DataView(head.buffer).setUint32(0, lengthOf(event));
  return joined([head, ...event]);
}

/** Reads one frame's event. */
export function decodeWatchEvent(frame: Uint8Array): { type: string; object: unknown } {
  const reader = new WireReader(frame);
  let type = '';
  let object: unknown;
  while (reader.more) {
    const tag = reader.varint();
    if (tag === 0x0a) type = reader.text();
    else if (tag === 0x12) object = decodeProtobuf(rawOf(reader.bytes()));
    else reader.skip(tag & 7);
  }
  return { type, object };
}

function rawOf(extension: Uint8Array): Uint8Array {
  const reader = new WireReader(extension);
  while (reader.more) {
    const tag = reader.varint();
    if (tag === 0x0a) return reader.bytes();
    reader.skip(tag & 7);
  }
  return extension.subarray(0, 0);
}

/**
 * Decodes a body in `application/vnd.kubernetes.protobuf` of a built-in kind to its JSON value. Throws an Error for
 * anything else.
 */
export function decodeProtobuf(bytes: Uint8Array): unknown {
  if (magic.some((byte, i) => bytes[i] !== byte))
    throw new Error('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  const reader = new WireReader(bytes.subarray(magic.length));
  let typeMeta: TypeMeta = { apiVersion: '', kind: '' };
  let body = bytes.subarray(0, 0);
  while (reader.more) {
    const tag = reader.varint();
    if (tag === 0x0a)
      typeMeta = { ...typeMeta, ...(decodeMessage(messageOf('runtime.TypeMeta'), reader.bytes()) as object) };
    else if (tag === 0x12) body = reader.bytes();
    else reader.skip(tag & 7);
  }
  return { ...typeMeta, ...(decodeMessage(requireMessage(typeMeta), body) as object) };
}

function requireMessage(typeMeta: TypeMeta) {
  const message = messageOfKind(typeMeta);
  if (!message) throw new Error(`no kind "${typeMeta.kind}" is registered for version "${typeMeta.apiVersion}"`);
  return message;
}

const heads = new Map<string, Uint8Array>();

/** Caches the magic number and the kind, since there are few different ones. */
function envelopeHead({ apiVersion, kind }: TypeMeta, bodyLength: number): Uint8Array[] {
  const name = `${apiVersion} ${kind}`;
  let head = heads.get(name);
  if (head === undefined) {
    const typeMeta = encodeMessage(messageOf('runtime.TypeMeta'), { apiVersion, kind });
    head = joined([magic, field(1, typeMeta.length), typeMeta]);
    if (heads.size < 1000) heads.set(name, head);
  }
  return [head, field(2, bodyLength)];
}

/** The tag and length of a length-delimited field. */
function field(number: number, length: number): Uint8Array {
  const bytes = [number * 8 + 2];
  let rest = length;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

function lengthOf(parts: readonly Uint8Array[]): number {
  let length = 0;
  for (const part of parts) length += part.length;
  return length;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(lengthOf(parts));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
