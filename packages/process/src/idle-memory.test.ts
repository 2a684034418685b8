import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { atStart, idleMemory, isTimeToCollect } from './idle-memory.ts';

test('collects garbage once after each busy period, and when much has accumulated without one', () => {
  const heapBytes = 100;
  assert.ok(!isTimeToCollect(atStart, { share: 0.5, heapBytes }), 'not while it is busy');
  assert.ok(!isTimeToCollect(atStart, { share: 0.15, heapBytes }), 'nor on the way');
  assert.ok(isTimeToCollect(atStart, { share: 0.05, heapBytes }));
  const collected = { wasBusy: false, heapBytes };
  assert.ok(!isTimeToCollect(collected, { share: 0.05, heapBytes: 130 }));
  assert.ok(isTimeToCollect(collected, { share: 0.05, heapBytes: 131 }));
  assert.ok(!isTimeToCollect(collected, { share: 0.5, heapBytes: 131 }));
});

/** In a function of its own, so that the caller holds no reference. */
const garbage = (): WeakRef<object> => new WeakRef({ large: new Array(1000).fill(0) });

test('an idle program holds no garbage, and stops when told to', async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const running = idleMemory(clock, () => 0).run(stop.signal);
  const left = garbage();
  // A newly created WeakRef keeps its target until the current job ends.
  await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(10_000);
  assert.equal(left.deref(), undefined);
  stop.abort();
  await running;
  assert.equal(clock.pending, 0);
});
