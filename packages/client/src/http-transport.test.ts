import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { httpTransport } from './http-transport.ts';
import { readBody, type Transport } from './transport.ts';

async function serving<R>(
  listener: RequestListener,
  use: (server: string) => Promise<R>,
  prepare?: (server: ReturnType<typeof createServer>) => void,
): Promise<R> {
  const server = createServer(listener);
  prepare?.(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function text(transport: Transport, path: string): Promise<string> {
  return Buffer.from(await readBody(await transport.request({ method: 'GET', path }))).toString();
}

test('requests share a connection, carry the token and the path of the server', async () => {
  let connections = 0;
  await serving(
    (request, response) => response.end(`${request.url} ${request.headers.authorization}`),
    async (server) => {
      const transport = httpTransport({ server: `${server}/k8s/`, token: 'secret' });
      assert.equal(await text(transport, '/api'), '/k8s/api Bearer secret');
      assert.equal(await text(transport, '/version'), '/k8s/version Bearer secret');
      assert.equal(connections, 1);
      transport.close();
    },
    (server) => server.on('connection', () => connections++),
  );
});

test('a token file is read again after a minute', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'token-'));
  const tokenFile = join(directory, 'token');
  const clock = new FakeClock();
  try {
    await serving(
      (request, response) => response.end(request.headers.authorization),
      async (server) => {
        writeFileSync(tokenFile, 'one\n');
        const transport = httpTransport({ server, tokenFile, clock });
        assert.equal(await text(transport, '/'), 'Bearer one');
        writeFileSync(tokenFile, 'two\n');
        assert.equal(await text(transport, '/'), 'Bearer one');
        await clock.advance(61_000);
        assert.equal(await text(transport, '/'), 'Bearer two');
        transport.close();
      },
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('aborting the signal ends a body that is still coming', async () => {
  await serving(
    (_, response) => void response.write('begun'),
    async (server) => {
      const stop = new AbortController();
      const transport = httpTransport({ server });
      const response = await transport.request({ method: 'GET', path: '/', signal: stop.signal });
      await assert.rejects(async () => {
        for await (const _ of response.body) stop.abort();
      }, /aborted/);
      transport.close();
    },
  );
});

test('an upgrade hands over the socket with what had already arrived', async () => {
  await serving(
    (_, response) => response.writeHead(403).end('no exec for you'),
    async (server) => {
      const transport = httpTransport({ server });
      const headers = { connection: 'Upgrade', upgrade: 'echo' };
      const { socket } = await transport.upgrade({ method: 'GET', path: '/exec', headers });
      const received = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))));
      assert.equal(received, 'hello');
      socket.destroy();
      const plain = { method: 'GET', path: '/exec' };
      await assert.rejects(transport.upgrade(plain), /unable to upgrade connection: no exec for you/);
      transport.close();
    },
    (server) =>
      server.on('upgrade', (_, socket) =>
        socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nhello'),
      ),
  );
});

test('rejects when the server is unreachable', async () => {
  const gone = await serving(
    () => {},
    (server) => Promise.resolve(server),
  );
  const transport = httpTransport({ server: gone });
  await assert.rejects(transport.request({ method: 'GET', path: '/' }), { code: 'ECONNREFUSED' });
  transport.close();
});

test('waits for a slow TLS handshake, but not for ever', async () => {
  const clock = new FakeClock();
  const server = createTcpServer((socket) => void socket.on('error', () => undefined).resume());
  const connected = new Promise<void>((resolve) => server.once('connection', () => resolve()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const transport = httpTransport({ server: address, connectTimeoutMs: 1000, clock });
  let outcome = 'waiting';
  const request = transport.request({ method: 'GET', path: '/' }).catch((error: Error) => {
    outcome = error.message;
  });
  await connected;
  // The client learns of its connection a turn later than the server.
  while (clock.pending > 1) await new Promise(setImmediate);
  await clock.advance(29_000);
  assert.equal(outcome, 'waiting');
  await clock.advance(2_000);
  await request;
  assert.match(outcome, /i\/o timeout/);
  assert.equal(clock.pending, 0);
  transport.close();
  await new Promise((resolve) => server.close(resolve));
});
