import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { forwarder } from './forwarder.ts';

/** A name server on loopback. `answer` returns its response to a query. */
async function nameServer(t: { after(run: () => void): void }, answer: (query: Buffer) => readonly Buffer[]) {
  const asked: Buffer[] = [];
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  socket.on('message', (query, peer) => {
    asked.push(query);
    for (const one of answer(query)) socket.send(one, peer.port, peer.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return { asked, address: { host: '127.0.0.1', port: socket.address().port } };
}

const query = Buffer.from([1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
const { signal } = new AbortController();

test('ignores malformed responses, and tries an unresponsive server last for a while', async (t) => {
  const clock = new FakeClock();
  const silent = await nameServer(t, () => []);
  const good = await nameServer(t, (asked) => [Buffer.alloc(0), Buffer.from([1]), Buffer.from([9, 9, 0]), asked]);
  const { forward } = forwarder({ servers: [silent.address, good.address], timeoutMs: 2000, clock });
  const untilAsked = async (count: number): Promise<void> => {
    while (silent.asked.length < count) await new Promise((resolve) => setImmediate(resolve));
  };
  const first = forward(query, signal);
  await untilAsked(1);
  await clock.advance(2000);
  assert.deepEqual(await first, query);
  for (let i = 0; i < 5; i++) assert.deepEqual(await forward(query, signal), query);
  assert.equal(silent.asked.length, 1, 'nobody waits for it again');
  await clock.advance(10_000);
  const later = forward(query, signal);
  await untilAsked(2);
  await clock.advance(2000);
  assert.deepEqual(await later, query);
});

test("reports an unresponsive server in Go's words", async (t) => {
  const clock = new FakeClock();
  const silent = await nameServer(t, () => []);
  const { forward } = forwarder({ servers: [silent.address], timeoutMs: 2000, clock });
  const asking = forward(query, signal);
  while (silent.asked.length < 1) await new Promise((resolve) => setImmediate(resolve));
  const [failed] = await Promise.all([
    asking.then(
      () => '',
      (error: Error) => error.message,
    ),
    clock.advance(2000),
  ]);
  assert.match(
    failed,
    new RegExp(`^read udp 127\\.0\\.0\\.1:\\d+->127\\.0\\.0\\.1:${silent.address.port}: i/o timeout$`),
  );
});

test('tries servers round robin, or in order', async (t) => {
  const servers = [await nameServer(t, (asked) => [asked]), await nameServer(t, (asked) => [asked])];
  const counts = async (policy: 'round_robin' | 'sequential'): Promise<number[]> => {
    for (const { asked } of servers) asked.length = 0;
    const addresses = servers.map(({ address }) => address);
    const { forward } = forwarder({ servers: addresses, timeoutMs: 2000, clock: new FakeClock(), policy });
    for (let i = 0; i < 4; i++) await forward(query, signal);
    return servers.map(({ asked }) => asked.length);
  };
  assert.deepEqual(await counts('round_robin'), [2, 2]);
  assert.deepEqual(await counts('sequential'), [4, 0]);
});
