import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { badRequest } from '@typernetes/machinery';
import { type Reply, type ServerRequest, taken } from '../request/server-request.ts';

/** How bytes are put into messages, by the name of the subprotocol; '' is for clients that name none. */
const encodings: Readonly<Record<string, (chunk: Uint8Array) => Uint8Array>> = {
  '': (chunk) => frame(binaryMessage, chunk),
  'binary.k8s.io': (chunk) => frame(binaryMessage, chunk),
  'base64.binary.k8s.io': (chunk) => frame(textMessage, Buffer.from(Buffer.from(chunk).toString('base64'))),
};

const textMessage = 0x81;
const binaryMessage = 0x82;
const closing = 0x88;
const normalClosure = 1000;
/** What a server appends to the client's key (RFC 6455, 4.2.2). */
const accepting = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export const asksForWebSocket = ({ takeConnection, headers }: ServerRequest): boolean =>
  takeConnection !== undefined && headers.upgrade?.toLowerCase() === 'websocket';

/** Sends what the answer's body holds as messages, as it comes, and closes. What the client says is not read. */
export async function replyOverWebSocket(request: ServerRequest, answer: IncomingMessage): Promise<Reply> {
  const key = request.headers['sec-websocket-key'];
  const wanted = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  const protocol = wanted.find((name) => encodings[name] !== undefined);
  const encode = encodings[protocol ?? ''];
  if (key === undefined || protocol === undefined || !encode || !request.takeConnection) {
    answer.destroy();
    throw badRequest(`unable to upgrade: none of the protocols ${JSON.stringify(wanted)} is known`);
  }
  const { socket } = request.takeConnection();
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${createHash('sha1')
      .update(key + accepting)
      .digest('base64')}`,
    ...(protocol === '' ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  // The client is answered already: nobody waits for the end.
  void sendAll(answer, socket, encode);
  return taken;
}

async function sendAll(
  answer: IncomingMessage,
  socket: Duplex,
  encode: (chunk: Uint8Array) => Uint8Array,
): Promise<void> {
  socket.on('error', () => undefined);
  socket.once('close', () => answer.destroy());
  socket.resume();
  try {
    for await (const chunk of answer) {
      if (socket.destroyed) return;
      if (!socket.write(encode(chunk as Uint8Array))) await drained(socket);
    }
    socket.end(frame(closing, Buffer.from([normalClosure >> 8, normalClosure & 0xff])));
  } catch {
    // The node went away in the middle: the client sees a connection that ends without a closing message.
    socket.destroy();
  }
}

const drained = (socket: Duplex): Promise<void> =>
  new Promise((settle) => {
    const done = (): void => {
      socket.off('drain', done);
      socket.off('close', done);
      settle();
    };
    socket.on('drain', done).on('close', done);
  });

/** A whole message, unmasked, as servers send them (RFC 6455, 5.2). */
function frame(kind: number, payload: Uint8Array): Uint8Array {
  const { length } = payload;
  const head =
    length < 126
      ? Buffer.from([kind, length])
      : length < 65536
        ? Buffer.from([kind, 126, length >> 8, length & 0xff])
        : Buffer.concat([Buffer.from([kind, 127, 0, 0, 0, 0]), uint32(length)]);
  return Buffer.concat([head, payload]);
}

function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
