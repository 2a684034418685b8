import { createHash, randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { ApiClient } from '@typernetes/client';

/** A client's end of a WebSocket (RFC 6455) over a connection that was already upgraded. */
export interface WebSocketConnection {
  /** The subprotocol that the server chose. */
  readonly protocol: string;
  /** Resolves once the socket has taken it: whoever waits does not outrun a slow peer. */
  send(message: Uint8Array): Promise<void>;
  /** Whole messages until either side closes. */
  readonly messages: AsyncIterable<Uint8Array>;
  close(): void;
}

const acceptSuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Opens a WebSocket to a path of the API, offering `protocols`. */
export async function openWebSocket(
  client: Pick<ApiClient, 'transport'>,
  path: string,
  options: { protocols: readonly string[]; signal?: AbortSignal },
): Promise<WebSocketConnection> {
  const key = randomBytes(16).toString('base64');
  const { headers, socket } = await client.transport.upgrade({
    method: 'GET',
    path,
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': key,
      'sec-websocket-protocol': options.protocols.join(', '),
    },
    ...(options.signal ? { signal: options.signal } : {}),
  });
  const expected = createHash('sha1')
    .update(key + acceptSuffix)
    .digest('base64');
  if (headers['sec-websocket-accept'] !== expected) {
    socket.destroy();
    throw new Error('unable to upgrade streaming request: the server answered another handshake');
  }
  return {
    protocol: headers['sec-websocket-protocol'] ?? '',
    send: (message) => write(socket, encodeFrame(opcode.binary, message)),
    messages: readMessages(socket),
    close: () => {
      if (!socket.writable) return;
      socket.end(encodeFrame(opcode.close, Buffer.from([0x03, 0xe8])));
    },
  };
}

function write(socket: Duplex, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

/** One final frame, masked as a client's frames must be. */
export function encodeFrame(code: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const extended = length < 126 ? 0 : length < 65536 ? 2 : 8;
  const frame = Buffer.alloc(2 + extended + 4 + length);
  frame[0] = 0x80 | code;
  frame[1] = 0x80 | (extended === 0 ? length : extended === 2 ? 126 : 127);
  if (extended === 2) frame.writeUInt16BE(length, 2);
  if (extended === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  const mask = randomBytes(4);
  mask.copy(frame, 2 + extended);
  const start = 6 + extended;
  for (let i = 0; i < length; i++) frame[start + i] = (payload[i] as number) ^ (mask[i & 3] as number);
  return frame;
}

export interface Frame {
  readonly final: boolean;
  readonly code: number;
  readonly payload: Buffer;
  /** Bytes that it took. */
  readonly size: number;
}

/** The frame at the start of `bytes`, or undefined while it is not whole. */
export function decodeFrame(bytes: Buffer): Frame | undefined {
  if (bytes.length < 2) return undefined;
  const first = bytes[0] as number;
  const second = bytes[1] as number;
  const short = second & 0x7f;
  const extended = short < 126 ? 0 : short === 126 ? 2 : 8;
  const masked = (second & 0x80) !== 0;
  const start = 2 + extended + (masked ? 4 : 0);
  if (bytes.length < start) return undefined;
  const length = extended === 0 ? short : extended === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < start + length) return undefined;
  const payload = Buffer.from(bytes.subarray(start, start + length));
  if (masked) {
    const mask = bytes.subarray(start - 4, start);
    for (let i = 0; i < length; i++) payload[i] = (payload[i] as number) ^ (mask[i & 3] as number);
  }
  return { final: (first & 0x80) !== 0, code: first & 0x0f, payload, size: start + length };
}

async function* readMessages(socket: Duplex): AsyncGenerator<Uint8Array> {
  let buffered = Buffer.alloc(0);
  let parts: Buffer[] = [];
  try {
    for await (const chunk of socket) {
      buffered = Buffer.concat([buffered, chunk as Buffer]);
      for (let frame = decodeFrame(buffered); frame; frame = decodeFrame(buffered)) {
        buffered = buffered.subarray(frame.size);
        if (frame.code === opcode.close) return;
        if (frame.code === opcode.ping) socket.write(encodeFrame(opcode.pong, frame.payload));
        if (frame.code >= opcode.close) continue;
        parts.push(frame.payload);
        if (!frame.final) continue;
        yield parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
        parts = [];
      }
    }
  } finally {
    socket.destroy();
  }
}
