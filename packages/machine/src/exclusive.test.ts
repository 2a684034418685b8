import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exclusively } from './exclusive.ts';

const name = `typernetes-test-${process.pid}`;

test('one at a time, and the next one even after a failure', async () => {
  let inside = 0;
  const order: number[] = [];
  const enter = (id: number) =>
    exclusively(name, async () => {
      inside += 1;
      assert.equal(inside, 1);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
      order.push(id);
      if (id === 1) throw new Error('failed inside');
      return id;
    });
  const results = await Promise.allSettled([0, 1, 2, 3].map(enter));
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
  );
  assert.deepEqual(order.toSorted(), [0, 1, 2, 3]);
});
