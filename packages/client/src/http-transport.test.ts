import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
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

test('a server that is not there rejects the request', async () => {
  const gone = await serving(
    () => {},
    (server) => Promise.resolve(server),
  );
  const transport = httpTransport({ server: gone });
  await assert.rejects(transport.request({ method: 'GET', path: '/' }), { code: 'ECONNREFUSED' });
  transport.close();
});
