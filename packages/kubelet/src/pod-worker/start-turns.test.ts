import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { StartTurns } from './start-turns.ts';

/** A start that records its beginning and ends when told to. */
function start(
  name: string,
  said: string[],
): { run: () => Promise<void>; end: () => void; fail: (error: Error) => void } {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const run = (): Promise<void> => {
    said.push(name);
    return promise;
  };
  return { run, end: resolve, fail: reject };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('starts happen one after the other, in order, whether they succeed or not', async () => {
  const turns = new StartTurns(new FakeClock());
  const said: string[] = [];
  const [api, manager, scheduler] = [start('api', said), start('manager', said), start('scheduler', said)];
  const first = turns.take(api.run);
  const second = turns.take(manager.run);
  const third = turns.take(scheduler.run);
  await settled();
  assert.deepEqual(said, ['api']);
  api.end();
  await first;
  await settled();
  assert.deepEqual(said, ['api', 'manager']);
  manager.fail(new Error('no such image'));
  await assert.rejects(second, /no such image/);
  await settled();
  assert.deepEqual(said, ['api', 'manager', 'scheduler']);
  scheduler.end();
  await third;
});

test('a slow start keeps the others waiting for a second only', async () => {
  const clock = new FakeClock();
  const turns = new StartTurns(clock);
  const said: string[] = [];
  const [slow, next] = [start('slow', said), start('next', said)];
  const first = turns.take(slow.run);
  const second = turns.take(next.run);
  await settled();
  await clock.advance(999);
  assert.deepEqual(said, ['slow']);
  await clock.advance(1);
  await settled();
  assert.deepEqual(said, ['slow', 'next']);
  next.end();
  slow.end();
  await Promise.all([first, second]);
});
