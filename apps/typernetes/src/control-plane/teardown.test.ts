import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Teardown } from './teardown.ts';

test('undoes the latest first, goes on after failures, reports the first of them, and does nothing twice', async () => {
  const teardown = new Teardown();
  const done: string[] = [];
  teardown.add(() => void done.push('store'));
  teardown.add(() => {
    done.push('server');
    throw new Error('later');
  });
  teardown.add(async () => {
    done.push('parts');
    throw new Error('first');
  });
  await assert.rejects(teardown.run(), /first/);
  assert.deepEqual(done, ['parts', 'server', 'store']);
  await teardown.run();
  assert.equal(done.length, 3);
});
