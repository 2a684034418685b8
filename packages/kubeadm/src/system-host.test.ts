import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';
import { systemHost } from './system-host.ts';

test('a request leaves no connection behind that would keep the process from ending', async () => {
  const server = createServer((_request, response) => {
    // A server that does not care for `Connection: close`.
    response.setHeader('connection', 'keep-alive').end('ok');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const closed = once(server, 'connection').then(([socket]) => once(socket as Socket, 'close'));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/healthz`;
    const { status, body } = await systemHost({}).network.get(url);
    assert.deepEqual({ status, body }, { status: 200, body: 'ok' });
    await closed;
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test('a refused connection and an answer that does not come are said in the words of the field', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const { network } = systemHost({});
  try {
    await assert.rejects(network.get(`http://127.0.0.1:${port}/`, { timeoutMs: 50 }), /no answer from .* within 50 ms/);
  } finally {
    const closed = once(silent, 'close');
    silent.close();
    silent.closeAllConnections();
    await closed;
  }
  await assert.rejects(network.get(`http://127.0.0.1:${port}/`), /connect: connection refused/);
});
