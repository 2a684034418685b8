import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@typernetes/base';
import { FakeClock } from '@typernetes/base/testing';
import { WorkQueue } from './work-queue.ts';

const clock = new FakeClock();

test('a key waits once however often it is added', async () => {
  const queue = new WorkQueue({ clock });
  for (const key of ['a', 'b', 'a', 'a']) queue.add(key);
  assert.equal(queue.length, 2);
  assert.deepEqual([await queue.take(), await queue.take()], ['a', 'b']);
});

test('a key in progress is given to no other worker, and again afterwards', async () => {
  const queue = new WorkQueue({ clock });
  const first = queue.take();
  const second = queue.take();
  queue.add('a');
  assert.equal(await first, 'a');
  queue.add('a');
  queue.add('a');
  queue.add('b');
  assert.equal(await second, 'b');
  assert.equal(queue.length, 0);
  queue.done('a');
  assert.equal(queue.length, 1);
  assert.equal(await queue.take(), 'a');
  queue.done('a');
  assert.equal(queue.length, 0);
});

test('the shortest of several delays of a key wins', async () => {
  const queue = new WorkQueue({ clock });
  queue.addAfter('a', 1000);
  queue.addAfter('a', 100);
  queue.addAfter('a', 500);
  await clock.advance(99);
  assert.equal(queue.length, 0);
  await clock.advance(1);
  assert.equal(queue.length, 1);
  assert.equal(clock.pending, 0);
});

test('back-off doubles from 5 ms to 1000 s, until the key is forgotten', async () => {
  const queue = new WorkQueue({ clock });
  const pauses: number[] = [];
  for (let i = 0; i < 12; i++) {
    const before = clock.now();
    const taken = queue.take();
    queue.addRateLimited('a');
    while (clock.pending > 0) await clock.advance(5);
    assert.equal(await taken, 'a');
    queue.done('a');
    pauses.push(clock.now() - before);
    if (i === 3) queue.forget('a');
  }
  assert.deepEqual(pauses.slice(0, 7), [5, 10, 20, 40, 5, 10, 20]);
  assert.equal(queue.failures('a'), 8);
});

test('no pause is longer than the limit', () => {
  const delays: number[] = [];
  const after = (ms: number) => {
    delays.push(ms);
    return () => {};
  };
  const queue = new WorkQueue({ clock: { ...systemClock, monotonic: () => 0, after }, firstDelayMs: 2_000_000 });
  queue.addRateLimited('a');
  assert.equal(delays.at(-1), 1_000_000);
});

test('shutting down releases waiting workers and leaves no timer', async () => {
  const queue = new WorkQueue({ clock });
  const taken = queue.take();
  queue.addAfter('a', 1000);
  queue.shutDown();
  queue.add('b');
  assert.equal(await taken, undefined);
  assert.equal(await queue.take(), undefined);
  assert.equal(clock.pending, 0);
});
