import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestTimeoutMs } from './time-limit.ts';

test('times of requests are seconds or Go durations', () => {
  assert.equal(requestTimeoutMs('0'), 0);
  assert.equal(requestTimeoutMs('3'), 3000);
  assert.equal(requestTimeoutMs('1m30s'), 90_000);
  assert.equal(requestTimeoutMs('1.5s'), 1500);
  assert.equal(requestTimeoutMs('.5s'), 500);
  assert.equal(requestTimeoutMs('+1s'), 1000);
  assert.equal(requestTimeoutMs(''), 0);
  assert.equal(requestTimeoutMs('-1s'), 0);
  for (const wrong of ['foo', '3x', '-1', '1s!', '9999999999h'])
    assert.throws(() => requestTimeoutMs(wrong), /Invalid timeout value/);
});
