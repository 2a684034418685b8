import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { BackOff } from './back-off.ts';

test('delays double up to the maximum, and are forgotten after a while', async () => {
  const clock = new FakeClock();
  const backOff = new BackOff(clock);
  assert.equal(backOff.remaining('a'), 0);
  const delays: number[] = [];
  for (let i = 0; i < 7; i++) {
    backOff.next('a');
    delays.push(backOff.delayOf('a') / 1000);
  }
  assert.deepEqual(delays, [10, 20, 40, 80, 160, 300, 300]);
  await clock.advance(100_000);
  assert.equal(backOff.remaining('a'), 200_000);
  assert.equal(backOff.remaining('a', clock.now()), 300_000, 'counted from the end of the container');
  await clock.advance(600_000);
  assert.equal(backOff.delayOf('a'), 0);
});

test('with a short maximum, a key that keeps failing keeps waiting', async () => {
  const clock = new FakeClock();
  const backOff = new BackOff(clock, { initialMs: 5000, maxMs: 5000 });
  backOff.next('a');
  await clock.advance(30_000);
  assert.equal(backOff.remaining('a', clock.now()), 5000);
});
