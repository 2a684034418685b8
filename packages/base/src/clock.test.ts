import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from './clock.ts';

test('waits for delays beyond the maximum of timers', ({ mock }) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const days = 86_400_000;
  let ran = 0;
  systemClock.after(60 * days, () => {
    ran++;
  });
  const cancel = systemClock.after(60 * days, () => assert.fail('was cancelled'));
  for (let day = 0; day < 59; day++) mock.timers.tick(days);
  assert.equal(ran, 0);
  cancel();
  // The parts begin at whole ticks.
  for (let day = 0; day < 3; day++) mock.timers.tick(days);
  assert.equal(ran, 1);
});
