import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { EtcdStore } from './etcd-store.ts';

test('an etcd that cannot be reached is told with its endpoints', async () => {
  // A port that was free a moment ago.
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  const endpoints = [`http://127.0.0.1:${port}`, `127.0.0.1:${port}`];
  const store = new EtcdStore({ endpoints });
  await assert.rejects(store.untilReachable(300), ({ message }: Error) => {
    assert.ok(message.startsWith(`Cannot reach etcd at ${endpoints.join(', ')}: `), message);
    assert.match(message, new RegExp(`dial tcp 127\\.0\\.0\\.1:${port}: connect: connection refused`));
    return true;
  });
  await store.close();
});
