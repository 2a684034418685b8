import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OneAtATime } from './one-at-a-time.ts';

test('tasks run one after the other, and a failure rejects only its own caller', async () => {
  const queue = new OneAtATime();
  const said: string[] = [];
  const first = Promise.withResolvers<void>();
  const works = [
    queue.run(async () => {
      await first.promise;
      said.push('first');
      throw new Error('broken');
    }),
    queue.run(async () => said.push('second')),
  ] as const;
  assert.deepEqual(said, []);
  first.resolve();
  await assert.rejects(works[0], /broken/);
  assert.equal(await works[1], 2);
  assert.deepEqual(said, ['first', 'second']);
});
