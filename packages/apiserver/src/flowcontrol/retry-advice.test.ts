import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RetryAdvice } from './retry-advice.ts';

/** The advice at the end of each second, of which so many requests were refused. */
function adviceOver(seconds: readonly number[]): number[] {
  const advice = new RetryAdvice();
  return seconds.map((count, i) => {
    for (let k = 0; k < count; k++) advice.refused((1000 + i) * 1000 + k);
    return advice.seconds;
  });
}

test('refused requests are first told to retry after a second, and later while many are refused', () => {
  assert.deepEqual(adviceOver([2, 2]), [1, 1]);
  // Raised only once the delay that was last told has passed.
  assert.deepEqual(adviceOver([5, 5, 5, 9, 9, 9, 9]), [1, 2, 2, 4, 4, 4, 4]);
  assert.deepEqual(adviceOver(Array.from({ length: 100 }, () => 1000)).slice(-1), [32]);
});

test('when few are refused the delay falls by a second for each second with a refusal', () => {
  assert.deepEqual(adviceOver([9, 9, 0, 0, 0, 1, 1]), [1, 2, 2, 2, 2, 1, 1]);
});
