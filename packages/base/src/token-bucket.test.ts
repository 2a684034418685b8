import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from './testing/index.ts';
import { TokenBucket } from './token-bucket.ts';

test('tokens are used up, and refill with time up to the burst', async () => {
  const clock = new FakeClock();
  const bucket = new TokenBucket(clock, { perSecond: 2, burst: 2 });
  assert.deepEqual([bucket.take(), bucket.take(), bucket.take()], [true, true, false]);
  assert.equal(bucket.delayMs, 500);
  await clock.advance(500);
  assert.deepEqual([bucket.delayMs, bucket.take(), bucket.take()], [0, true, false]);
  assert.deepEqual([bucket.reserve(), bucket.reserve()], [500, 1000]);
  await clock.advance(60_000);
  assert.deepEqual([bucket.take(), bucket.take(), bucket.take()], [true, true, false]);
});
