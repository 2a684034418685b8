import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { returnStartMemory } from './start-memory.ts';

/** In a function of its own, so that the caller holds no reference. */
const garbage = (): WeakRef<object> => new WeakRef({ large: new Array(1000).fill(0) });

test('releases the memory of start-up once, after a while, when the program is not busy', async () => {
  const clock = new FakeClock();
  let spent = 1;
  returnStartMemory(clock, () => spent);
  const left = garbage();
  // A newly created WeakRef keeps its target until the current job ends.
  await new Promise((resolve) => setImmediate(resolve));
  for (let i = 0; i < 2; i++) {
    spent += 4;
    await clock.advance(10_000);
    assert.equal(clock.pending, 1);
  }
  await clock.advance(10_000);
  assert.equal(left.deref(), undefined);
  assert.equal(clock.pending, 0);
  assert.equal('gc' in globalThis, false);
  returnStartMemory(clock)();
  assert.equal(clock.pending, 0);
});
