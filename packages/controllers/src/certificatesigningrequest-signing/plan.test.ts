import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lifetimeMs } from './plan.ts';

test('grants the requested lifetime, within bounds', () => {
  assert.deepEqual(
    [lifetimeMs(undefined, 1e9), lifetimeMs(3600, 1e9), lifetimeMs(60, 1e9), lifetimeMs(1e9, 1e9)],
    [1e9, 3_600_000, 600_000, 1e9],
  );
});
