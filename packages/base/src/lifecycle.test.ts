import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runAll } from './lifecycle.ts';
import { FakeClock } from './testing/index.ts';

test('a failing part stops the others, and its error is reported after they have stopped', async () => {
  const log: string[] = [];
  const waiting = {
    name: 'waiting',
    run: (signal: AbortSignal) =>
      new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(void log.push('stopped')))),
  };
  const failing = { name: 'failing', run: () => Promise.reject(new Error('boom')) };
  await assert.rejects(runAll([waiting, failing], new AbortController().signal), /Cannot run "failing"/);
  assert.deepEqual(log, ['stopped']);
});

test('an abort ends all parts without an error', async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const running = runAll([{ name: 'sleeper', run: (signal) => clock.sleep(1000, signal) }], stop.signal);
  stop.abort();
  await running;
  assert.equal(clock.pending, 0);
});
