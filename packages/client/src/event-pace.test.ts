import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { eventPace } from './event-pace.ts';

function pacing() {
  const clock = new FakeClock();
  const state = { isBusy: true };
  const pace = eventPace({ clock, isBusy: () => state.isBusy });
  /** How many of `tries` may go now. */
  const passed = (tries: number, at = clock.now()): number =>
    Array.from({ length: tries }, () => pace.delay(at)).filter((ms) => ms === 0).length;
  return { clock, state, passed };
}

test("under load events are limited to upstream's rate, plus those that have waited long", async () => {
  const { clock, passed } = pacing();
  assert.equal(passed(200), 100);
  await clock.advance(1000);
  assert.equal(passed(200), 50);
  const recordedAt = clock.now();
  await clock.advance(9999);
  assert.equal(passed(200, recordedAt), 100);
  await clock.advance(1);
  assert.equal(passed(200, recordedAt), 200);
});

test('all go when the crowd is over', async () => {
  const { clock, state, passed } = pacing();
  passed(200);
  state.isBusy = false;
  assert.equal(passed(10), 0);
  await clock.advance(50);
  assert.equal(passed(200), 200);
});

test('without load all are written', () => {
  const { state, passed } = pacing();
  state.isBusy = false;
  assert.equal(passed(1000), 1000);
});
