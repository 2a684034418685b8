import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { boundTo, listenOn } from './proxy-listener.ts';

test('as in Go, 0.0.0.0 stands for the addresses of IPv6 too', async () => {
  const server = createServer();
  await listenOn(server, { host: '0.0.0.0', port: 0 });
  assert.match(boundTo(server), /^\[::\]:\d+$/);
  await new Promise((resolve) => server.close(resolve));
});

test('a port that is taken is told of in words of Go', async () => {
  const [taken, server] = [createServer(), createServer()];
  await listenOn(taken, { host: '127.0.0.1', port: 0 });
  const address = boundTo(taken);
  const port = Number(address.split(':')[1]);
  const message = `listen tcp ${address}: bind: address already in use`;
  await assert.rejects(listenOn(server, { host: '127.0.0.1', port }), { message });
  await new Promise((resolve) => taken.close(resolve));
});
