import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slowStart } from './slow-start.ts';

test('batches double, and a failure ends them', async () => {
  const started: number[] = [];
  const all = await slowStart(10, async (index) => void started.push(index));
  assert.deepEqual([all, started.length], [undefined, 10]);
  started.length = 0;
  const outcome = await slowStart(10, (index) => {
    started.push(index);
    return index === 1 ? Promise.reject(new Error('quota')) : Promise.resolve();
  });
  assert.match(String(outcome?.error), /quota/);
  assert.deepEqual(started, [0, 1, 2]);
});
