import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTrueParameter } from './query-parameter.ts';

test('a parameter is on unless it is not there, or says that it is not in any case of letters', () => {
  for (const value of ['', 'true', 'True', '1', 'yes', 'f']) assert.equal(isTrueParameter(value), true, value);
  for (const value of [null, 'false', 'False', 'FALSE', '0'])
    assert.equal(isTrueParameter(value), false, String(value));
});
