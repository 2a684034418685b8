import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { Duplex, Readable } from 'node:stream';
import { test } from 'node:test';
import type { ServerRequest } from '../request/server-request.ts';
import { asksForWebSocket, replyOverWebSocket } from './web-socket-log.ts';

/** The client's side: everything it was sent. */
class Wire extends Duplex {
  readonly sent: Buffer[] = [];
  override _read(): void {}
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.sent.push(chunk);
    done();
  }
}

const requestOver = (wire: Wire, protocol?: string): ServerRequest =>
  ({
    headers: {
      upgrade: 'websocket',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      ...(protocol === undefined ? {} : { 'sec-websocket-protocol': protocol }),
    },
    takeConnection: () => ({ socket: wire, head: new Uint8Array() }),
  }) as unknown as ServerRequest;

const logOf = (...chunks: Uint8Array[]): IncomingMessage => Readable.from(chunks) as unknown as IncomingMessage;

async function heard(protocol: string | undefined, ...chunks: Uint8Array[]): Promise<[head: string, body: Buffer]> {
  const wire = new Wire();
  const finished = new Promise((settle) => wire.once('finish', settle));
  const { status } = await replyOverWebSocket(requestOver(wire, protocol), logOf(...chunks));
  assert.equal(status, 101);
  await finished;
  const all = Buffer.concat(wire.sent);
  const end = all.indexOf('\r\n\r\n') + 4;
  return [all.subarray(0, end).toString(), all.subarray(end)];
}

const closed = Buffer.from([0x88, 2, 0x03, 0xe8]);

test('a log comes as binary messages, and a closing one', async () => {
  const [head, body] = await heard('binary.k8s.io', Buffer.from('one\n'), Buffer.from('two\n'));
  assert.match(head, /^HTTP\/1\.1 101 .*\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/s);
  assert.match(head, /\r\nSec-WebSocket-Protocol: binary\.k8s\.io\r\n/);
  assert.deepEqual(body, Buffer.concat([Buffer.from('\x82\x04one\n\x82\x04two\n', 'latin1'), closed]));
});

test('in base64 where the client asks for texts, and without a protocol where it names none', async () => {
  const [, texts] = await heard('v9.unknown, base64.binary.k8s.io', Buffer.from('one\n'));
  assert.deepEqual(texts, Buffer.concat([Buffer.from('\x81\x08b25lCg==', 'latin1'), closed]));
  const [head] = await heard(undefined, Buffer.from('one\n'));
  assert.doesNotMatch(head, /Protocol:/);
});

test('long messages say their length in more bytes', async () => {
  const [, middle] = await heard('', Buffer.alloc(300));
  assert.deepEqual([...middle.subarray(0, 4)], [0x82, 126, 1, 44]);
  const [, long] = await heard('', Buffer.alloc(70_000));
  assert.deepEqual([...long.subarray(0, 10)], [0x82, 127, 0, 0, 0, 0, 0, 1, 0x11, 0x70]);
});

test('protocols of other streams are refused', async () => {
  const wire = new Wire();
  await assert.rejects(replyOverWebSocket(requestOver(wire, 'v4.channel.k8s.io'), logOf()), { reason: 'BadRequest' });
  assert.deepEqual(wire.sent, []);
  assert.equal(asksForWebSocket(requestOver(wire)), true);
});
