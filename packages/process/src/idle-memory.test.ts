import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { atStart, idleMemory, isTimeToCollect } from './idle-memory.ts';

test('everything is collected once after each busy time, and when much was left behind without one', () => {
  const heapBytes = 100;
  assert.ok(!isTimeToCollect(atStart, { share: 0.5, heapBytes }), 'not while it is busy');
  assert.ok(!isTimeToCollect(atStart, { share: 0.15, heapBytes }), 'nor on the way');
  assert.ok(isTimeToCollect(atStart, { share: 0.05, heapBytes }));
  const collected = { wasBusy: false, heapBytes };
  assert.ok(!isTimeToCollect(collected, { share: 0.05, heapBytes: 130 }));
  assert.ok(isTimeToCollect(collected, { share: 0.05, heapBytes: 131 }));
  assert.ok(!isTimeToCollect(collected, { share: 0.5, heapBytes: 131 }));
});

/** In a function of its own: nothing of the caller's holds on to it. */
const garbage = (): WeakRef<object> => new WeakRef({ large: new Array(1000).fill(0) });

test('a program that is quiet holds no garbage, and ends when it is told to', async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const running = idleMemory(clock, () => 0).run(stop.signal);
  const left = garbage();
  // What a new reference means is kept until the present job ends.
  await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(10_000);
  assert.equal(left.deref(), undefined);
  stop.abort();
  await running;
  assert.equal(clock.pending, 0);
});
