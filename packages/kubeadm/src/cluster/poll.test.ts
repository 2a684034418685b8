import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { poll } from './poll.ts';

const never = new Promise<never>(() => {});

/** How a poll with these attempts ends, and after how many milliseconds. */
async function ending(attempts: readonly (() => Promise<string | undefined>)[], stopMs?: number) {
  const clock = new FakeClock();
  const stop = new AbortController();
  let count = 0;
  const began = clock.monotonic();
  const attempt = (): Promise<string | undefined> => (attempts[count++] ?? attempts.at(-1))?.() ?? never;
  const ended = poll(attempt, { clock, timeoutMs: 1000, signal: stop.signal, everyMs: 100 }).then(
    (value) => value,
    (error: Error) => `failed: ${error.message}`,
  );
  if (stopMs !== undefined) clock.after(stopMs, () => stop.abort(new Error('stopped')));
  let outcome: string | undefined;
  let tookMs = 0;
  void ended.then((text) => {
    outcome = text;
    tookMs = clock.monotonic() - began;
  });
  while (outcome === undefined && clock.monotonic() - began < 10_000) await clock.advance(50);
  assert.equal(clock.pending, 0, 'no timer is left');
  return { outcome, tookMs: Math.floor(tookMs / 100) * 100 };
}

const fails = (why: string) => () => Promise.reject(new Error(why));

test('resolves to the first value that an attempt yields', async () => {
  assert.equal((await ending([fails('not yet'), async () => undefined, async () => 'there'])).outcome, 'there');
});

test('rejects with the last failure when the time is up', async () => {
  assert.deepEqual(await ending([fails('one'), fails('another')]), { outcome: 'failed: another', tookMs: 1000 });
});

test('an attempt that never ends does not exceed the timeout', async () => {
  assert.deepEqual(await ending([() => never]), { outcome: 'failed: no answer within 1s', tookMs: 1000 });
  assert.deepEqual(await ending([fails('refused'), () => never]), { outcome: 'failed: refused', tookMs: 1000 });
});

test('an abort does not wait for the current attempt', async () => {
  assert.deepEqual(await ending([() => never], 300), { outcome: 'failed: stopped', tookMs: 300 });
});
