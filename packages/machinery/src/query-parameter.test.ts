import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTrueParameter } from './query-parameter.ts';

test('a parameter is on unless it is absent or false, in any case', () => {
  for (const value of ['', 'true', 'True', '1', 'yes', 'f']) assert.equal(isTrueParameter(value), true, value);
  for (const value of [null, 'false', 'False', 'FALSE', '0'])
    assert.equal(isTrueParameter(value), false, String(value));
});
