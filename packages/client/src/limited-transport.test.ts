import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TokenBucket } from '@typernetes/base';
import { FakeClock } from '@typernetes/base/testing';
import { limitedTransport } from './limited-transport.ts';
import type { Transport } from './transport.ts';

test('requests beyond the burst wait for their turn', async () => {
  const clock = new FakeClock();
  const sent: string[] = [];
  const direct: Transport = {
    request: async ({ path }) => {
      sent.push(path);
      return { status: 200, headers: {}, body: (async function* () {})() };
    },
    upgrade: () => Promise.reject(new Error('not asked for')),
    close: () => {},
  };
  const limited = limitedTransport(direct, new TokenBucket(clock, { perSecond: 1, burst: 1 }), clock);
  const all = Promise.all(['/a', '/b', '/c'].map((path) => limited.request({ method: 'GET', path })));
  assert.deepEqual(sent, ['/a']);
  await clock.advance(1000);
  assert.deepEqual(sent, ['/a', '/b']);
  await clock.advance(1000);
  assert.deepEqual(sent, ['/a', '/b', '/c']);
  await all;
});
