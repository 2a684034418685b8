import assert from 'node:assert/strict';
import { createServer } from 'node:http2';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { http2Connection } from './http2-connection.ts';
import { readBody } from './transport.ts';

test('every method may have a body, including DELETE, and none has to', async () => {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => response.end(`${request.method} ${Buffer.concat(chunks)}`));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const connection = http2Connection({ url, tls: {}, clock: new FakeClock() });
  try {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const) {
      for (const body of [undefined, '{"preconditions":{}}']) {
        const response = await connection.request({ method, path: '/', headers: {}, ...(body && { body }) });
        assert.equal(Buffer.from(await readBody(response)).toString(), `${method} ${body ?? ''}`);
      }
    }
  } finally {
    connection.close();
    await new Promise((resolve) => server.close(resolve));
  }
});

test('gives up a server that accepts the connection and stays silent', async () => {
  const sockets: Socket[] = [];
  const server = createTcpServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const clock = new FakeClock();
  const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const connection = http2Connection({ url, tls: {}, clock });
  try {
    const asking = assert.rejects(connection.request({ method: 'GET', path: '/' }), /i\/o timeout/);
    await clock.advance(30_000);
    await asking;
    assert.equal(clock.pending, 0);
  } finally {
    connection.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});
