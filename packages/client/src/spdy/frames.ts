/** A frame of SPDY/3.1: data of a stream, or something about streams. */
type SpdyFrame =
  | { readonly type: 'data'; readonly stream: number; readonly final: boolean; readonly payload: Uint8Array }
  | { readonly type: 'control'; readonly kind: number; readonly payload: Uint8Array };

export const controlKind = { synStream: 1, reset: 3, ping: 6, goAway: 7 } as const;

const headLength = 8;
const finalFlag = 0x01;

export function encodeData(stream: number, payload: Uint8Array, { final = false } = {}): Buffer {
  const head = Buffer.alloc(headLength);
  head.writeUInt32BE(stream, 0);
  head[4] = final ? finalFlag : 0;
  head.writeUIntBE(payload.length, 5, 3);
  return Buffer.concat([head, payload]);
}

export function encodeControl(kind: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(headLength);
  head.writeUInt16BE(0x8003, 0);
  head.writeUInt16BE(kind, 2);
  head.writeUIntBE(payload.length, 5, 3);
  return Buffer.concat([head, payload]);
}

/**
 * Opens a stream. All header blocks of a connection form one zlib stream, so `first` must be set for the first; each is
 * stored uncompressed, which every reader supports, and flushed.
 */
export function encodeSynStream(
  stream: number,
  headers: Readonly<Record<string, string>>,
  { first }: { first: boolean },
): Buffer {
  const ids = Buffer.alloc(10);
  ids.writeUInt32BE(stream, 0);
  const names = [uint32(Object.keys(headers).length)];
  for (const [name, value] of Object.entries(headers)) {
    for (const text of [name.toLowerCase(), value]) names.push(uint32(Buffer.byteLength(text)), Buffer.from(text));
  }
  const zlibHead = first ? [0x78, 0x01] : [];
  const block = Buffer.concat([Buffer.from(zlibHead), stored(Buffer.concat(names)), stored(Buffer.alloc(0))]);
  return encodeControl(controlKind.synStream, Buffer.concat([ids, block]));
}

/** A non-final block of a deflate stream. An empty one flushes what precedes it. */
function stored(bytes: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt16LE(bytes.length, 1);
  head.writeUInt16LE(~bytes.length & 0xffff, 3);
  return Buffer.concat([head, bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** The frame at the start of `bytes` and its length, or undefined while it is not whole. */
export function decodeSpdyFrame(bytes: Buffer): { frame: SpdyFrame; size: number } | undefined {
  if (bytes.length < headLength) return undefined;
  const size = headLength + bytes.readUIntBE(5, 3);
  if (bytes.length < size) return undefined;
  const payload = Buffer.from(bytes.subarray(headLength, size));
  const word = bytes.readUInt32BE(0);
  if (word >= 0x8000_0000) return { frame: { type: 'control', kind: word & 0xffff, payload }, size };
  return { frame: { type: 'data', stream: word, final: ((bytes[4] ?? 0) & finalFlag) !== 0, payload }, size };
}
