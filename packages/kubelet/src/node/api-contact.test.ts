import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Logger } from '@typernetes/base';
import { FakeClock } from '@typernetes/base/testing';
import type { Transport } from '@typernetes/client';
import { ApiContact, contactWaitMs } from './api-contact.ts';

const said: string[] = [];
const log: Logger = {
  info: (message) => void said.push(message),
  debug: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => log,
};

function transportThatRefuses(times: number): { transport: Transport; asked: () => number } {
  let asked = 0;
  const transport: Transport = {
    request: async () => {
      asked++;
      if (asked <= times) throw new Error('connect ECONNREFUSED');
      return { status: 403, headers: {}, body: (async function* () {})() };
    },
    upgrade: () => Promise.reject(new Error('not here')),
    close: () => undefined,
  };
  return { transport, asked: () => asked };
}

test('the parts start together at the first response, even if it is a refusal', async () => {
  const clock = new FakeClock();
  const { transport, asked } = transportThatRefuses(3);
  const contact = new ApiContact({ transport, clock, log });
  const begun: string[] = [];
  const part = (name: string) => contact.after({ name, run: async () => void begun.push(name) });
  const { signal } = new AbortController();
  const running = Promise.all([part('informers').run(signal), part('reporter').run(signal)]);
  for (let failures = 1; failures <= 3; failures++) {
    await new Promise(setImmediate);
    assert.deepEqual(begun, []);
    await clock.advance(contactWaitMs(failures));
  }
  await running;
  assert.deepEqual(begun, ['informers', 'reporter']);
  assert.equal(asked(), 4);
  assert.deepEqual(said, ['Waiting for the API server']);
  assert.equal(clock.pending, 0);
});

test('a stop while the server is silent ends the parts without starting them', async () => {
  const clock = new FakeClock();
  const contact = new ApiContact({ transport: transportThatRefuses(100).transport, clock, log });
  const stop = new AbortController();
  const running = contact.after({ name: 'never', run: () => assert.fail('begun') }).run(stop.signal);
  await new Promise(setImmediate);
  stop.abort();
  await running;
  assert.equal(clock.pending, 0);
});

test('asks often at first and seldom after half a minute', () => {
  const table: readonly [number, number][] = [
    [1, 50],
    [2, 100],
    [5, 250],
    [119, 250],
    [120, 5000],
    [1000, 5000],
  ];
  for (const [failures, ms] of table) assert.equal(contactWaitMs(failures), ms);
});
