import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { after, test } from 'node:test';
import { decodeSpdyFrame, encodeData } from '@typernetes/client/spdy';
import type { Reply, ServerRequest } from '../request/server-request.ts';
import { replyOverWebSocket } from '../websocket/reply.ts';
import type { Backend } from './backend.ts';
import { tunnelPortForward } from './port-forward.ts';
import { translateRemoteCommand } from './remote-command.ts';

const closing: (() => void)[] = [];
after(() => {
  for (const close of closing) close();
});

async function serve(upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void): Promise<number> {
  const server: Server = createServer((_, answer) => answer.writeHead(404).end('container not found ("web")\n'));
  server.on('upgrade', upgrade);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** A server that passes every request to `handle`, and the address for its WebSockets. */
async function front(handle: (request: ServerRequest) => Promise<Reply>): Promise<string> {
  const port = await serve((request, socket, head) => {
    socket.on('error', () => undefined);
    const { method = '', url = '', headers } = request;
    const { pathname: path, search, searchParams: query } = new URL(url, 'http://front');
    const own = { method, path, search, query, headers: headers as Record<string, string>, remoteAddress: '127.0.0.1' };
    void handle({
      ...own,
      body: async () => new Uint8Array(),
      async *bodyStream() {},
      signal: new AbortController().signal,
      takeConnection: () => ({ socket, head }),
    }).catch((error: Error) => socket.end(`HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n${error.message}`));
  });
  return `ws://127.0.0.1:${port}`;
}

/** A runtime that speaks SPDY: what it received on each stream, and a way to respond. */
async function runtime(
  onData: (stream: number, text: string, final: boolean, socket: Duplex) => void,
): Promise<{ backend: Backend; asked: IncomingHttpHeaders[] }> {
  const asked: IncomingHttpHeaders[] = [];
  const port = await serve((request, socket, head) => {
    asked.push(request.headers);
    socket.on('error', () => undefined);
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: SPDY/3.1\r\n\r\n');
    let buffered = head;
    socket.on('data', (chunk: Buffer) => {
      buffered = Buffer.concat([buffered, chunk]);
      for (let found = decodeSpdyFrame(buffered); found; found = decodeSpdyFrame(buffered)) {
        buffered = buffered.subarray(found.size);
        const { frame } = found;
        if (frame.type === 'data') onData(frame.stream, String(Buffer.from(frame.payload)), frame.final, socket);
      }
    });
  });
  return { backend: { host: '127.0.0.1', port, path: '/exec' }, asked };
}

/** Everything that a client gets until the end, each message as text, and the code of the end. */
async function conversation(
  url: string,
  protocol: string,
  first: readonly Uint8Array[] = [],
): Promise<{ messages: string[]; code: number; protocol: string }> {
  const client = new WebSocket(url, protocol);
  client.binaryType = 'arraybuffer';
  const messages: string[] = [];
  client.addEventListener('open', () => {
    for (const message of first) client.send(message);
  });
  client.addEventListener('message', ({ data }) =>
    messages.push(typeof data === 'string' ? data : Buffer.from(data as ArrayBuffer).toString('latin1')),
  );
  const code = await new Promise<number>((resolve) => client.addEventListener('close', (event) => resolve(event.code)));
  return { messages, code, protocol: client.protocol };
}

const exitCode7 = JSON.stringify({
  status: 'Failure',
  reason: 'NonZeroExitCode',
  details: { causes: [{ reason: 'ExitCode', message: '7' }] },
});

test('a command gets input by WebSocket and responds through SPDY, including its exit code', async () => {
  // Streams are numbered as they are opened: error, stdin, stdout, stderr.
  const { backend, asked } = await runtime((stream, text, final, socket) => {
    if (stream !== 3) return;
    if (text !== '') socket.write(encodeData(5, Buffer.from(text.toUpperCase())));
    if (!final) return;
    socket.write(encodeData(7, Buffer.from('done'), { final: true }));
    socket.write(encodeData(5, new Uint8Array(), { final: true }));
    socket.end(encodeData(1, Buffer.from(exitCode7), { final: true }));
  });
  const url = await front((request) => translateRemoteCommand(backend, request));
  const { messages, code, protocol } = await conversation(
    `${url}/?stdin=true&stdout=1&stderr=true`,
    'v5.channel.k8s.io',
    [Buffer.from('\0one '), Buffer.from('\0two'), Buffer.of(255, 0)],
  );
  assert.equal(protocol, 'v5.channel.k8s.io');
  assert.equal(code, 1000);
  const on = (channel: number): string =>
    messages.flatMap((text) => (text.charCodeAt(0) === channel ? [text.slice(1)] : [])).join('');
  assert.equal(on(1), 'ONE TWO');
  assert.equal(on(2), 'done');
  assert.deepEqual(JSON.parse(on(3)), {
    metadata: {},
    status: 'Failure',
    message: 'command terminated with non-zero exit code: command terminated with exit code 7',
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: '7' }] },
  });
  assert.equal(messages.at(-1)?.charCodeAt(0), 3);
  assert.equal(asked[0]?.upgrade, 'SPDY/3.1');
  assert.match(String(asked[0]?.['x-stream-protocol-version']), /^v4\.channel\.k8s\.io/);
  assert.equal(asked[0]?.['sec-websocket-key'], undefined);
});

test('a connection that breaks before the exit code is not a success', async () => {
  const { backend } = await runtime((_stream, _text, final, socket) => {
    if (final) socket.destroy();
  });
  const url = await front((request) => translateRemoteCommand(backend, request));
  const { messages } = await conversation(`${url}/?stdin=true&stdout=true`, 'v5.channel.k8s.io', [Buffer.of(255, 0)]);
  assert.equal(messages.length, 1);
  const { status, code, message } = JSON.parse(messages[0]?.slice(1) ?? '');
  assert.deepEqual(
    [status, code, message],
    ['Failure', 500, 'Internal error occurred: the connection to the container ended without its status'],
  );
});

test("a runtime's refusal arrives with its words", async () => {
  const port = await serve((_request, socket) =>
    socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\nno such container\n'),
  );
  const url = await front((request) => translateRemoteCommand({ host: '127.0.0.1', port, path: '/exec' }, request));
  const { messages } = await conversation(`${url}/?stdout=true`, 'v5.channel.k8s.io');
  const { message } = JSON.parse(messages[0]?.slice(1) ?? '');
  assert.equal(message, 'Internal error occurred: unable to upgrade connection: no such container');
});

test('SPDY of a port-forward tunnels through a WebSocket, byte for byte', async () => {
  const { backend, asked } = await runtime((stream, text, _final, socket) => {
    socket.end(encodeData(stream, Buffer.from(`${text}, too`), { final: true }));
  });
  const url = await front((request) => tunnelPortForward(backend, request));
  // The built-in WebSocket client refuses this protocol's name because of its slash.
  const handshake = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
  const asking = get(url.replace('ws:', 'http:'), {
    headers: {
      ...handshake,
      'sec-websocket-key': Buffer.alloc(16).toString('base64'),
      'sec-websocket-protocol': 'SPDY/3.1+portforward.k8s.io',
    },
  });
  const [answer, socket] = (await once(asking, 'upgrade')) as [IncomingMessage, Duplex];
  assert.equal(answer.headers['sec-websocket-protocol'], 'SPDY/3.1+portforward.k8s.io');
  assert.equal(asked[0]?.['x-stream-protocol-version'], 'portforward.k8s.io');
  const payload = encodeData(9, Buffer.from('bytes'));
  // Final and binary; masked, with a mask of zeros.
  socket.write(Buffer.concat([Buffer.of(0x82, 0x80 | payload.length, 0, 0, 0, 0), payload]));
  const answered = encodeData(9, Buffer.from('bytes, too'), { final: true });
  const expected = Buffer.concat([Buffer.of(0x82, answered.length), answered, Buffer.of(0x88, 2, 0x03, 0xe8)]);
  let received = Buffer.alloc(0);
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk as Buffer]);
    if (received.length >= expected.length) socket.end();
  }
  assert.deepEqual(received, expected);
});

test('sends each part of a stream as a message, in the requested format', async () => {
  const reply: Reply = {
    status: 200,
    headers: {},
    body: async (sink) => {
      for (const part of ['one\n', 'two\n']) if (!sink.write(Buffer.from(part))) await sink.drained();
    },
  };
  for (const [as, protocol, expected] of [
    ['text', '', ['one\n', 'two\n']],
    ['binary', 'binary.k8s.io', ['one\n', 'two\n']],
    ['base64', 'base64.binary.k8s.io', ['b25lCg==', 'dHdvCg==']],
  ] as const) {
    const url = await front((request) => replyOverWebSocket(reply, request, { protocol: protocol || undefined, as }));
    const client = await conversation(url, protocol || (undefined as never));
    assert.deepEqual(client, { messages: [...expected], code: 1000, protocol });
  }
  const greeting = await front((request) =>
    replyOverWebSocket(reply, request, { protocol: undefined, as: 'binary', isGreeted: true }),
  );
  const { messages } = await conversation(greeting, undefined as never);
  assert.deepEqual(messages, ['', 'one\n', 'two\n']);
});
