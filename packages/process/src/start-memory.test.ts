import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { returnStartMemory } from './start-memory.ts';

test('what starting took is given back once, a while after', async () => {
  const clock = new FakeClock();
  returnStartMemory(clock);
  let gone = false;
  const registry = new FinalizationRegistry(() => {
    gone = true;
  });
  registry.register({ large: new Array(1000).fill(0) }, 'large');
  await clock.advance(10_000);
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(gone);
  assert.equal(clock.pending, 0);
  assert.equal('gc' in globalThis, false);
  returnStartMemory(clock)();
  assert.equal(clock.pending, 0);
});
