import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { test } from 'node:test';
import { judge } from './backend-health.ts';
import { balancer, candidates } from './balancer.ts';

test('tries ready backends first, in turn, then the others', () => {
  const backends = [
    { name: 'a', state: 'lost' },
    { name: 'b', state: 'ready' },
    { name: 'c', state: 'unready' },
    { name: 'd', state: 'ready' },
  ] as const;
  const names = (turn: number): string =>
    candidates(backends, turn)
      .map(({ name }) => name)
      .join('');
  assert.equal(names(0), 'bdca');
  assert.equal(names(2), 'dbca');
});

test('one silent check is tolerated, two mean a loss, and any answer ends it', () => {
  const first = judge('silent', 0);
  assert.deepEqual(first, { state: 'unready', silences: 1 });
  assert.deepEqual(judge('silent', first.silences), { state: 'lost', silences: 2 });
  assert.deepEqual(judge('refused', 2), { state: 'unready', silences: 0 });
  assert.deepEqual(judge('ready', 2), { state: 'ready', silences: 0 });
});

test('a connection skips a backend that refuses, and stays with the one it got', async () => {
  const up = createServer((socket) => socket.on('error', () => {}).write('hello'));
  const gone = createServer();
  const [upAt, goneAt] = [await addressOf(up), await addressOf(gone)];
  await new Promise((resolve) => gone.close(resolve));
  const balance = balancer([goneAt, upAt]);
  const listening = balance.listen({ port: 0, host: '127.0.0.1' });
  await once(listening, 'listening');
  try {
    const client = connect((listening.address() as AddressInfo).port, '127.0.0.1');
    const [greeting] = (await once(client, 'data')) as [Buffer];
    assert.equal(greeting.toString(), 'hello');
    for (const connection of balance.backends[1]?.connections ?? []) connection.destroy();
    await once(client, 'close');
  } finally {
    listening.close();
    up.close();
  }
});

async function addressOf(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
