import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitTarget } from './http-request.ts';

test('parameters that Go does not read do not count', () => {
  const read = (query: string) => [...splitTarget(`/a?${query}`).query];
  assert.deepEqual(read('limit=1;watch=1&b=2'), [['b', '2']]);
  assert.deepEqual(read('limit=%zz&%z=1&b=%32+'), [['b', '2 ']]);
  assert.deepEqual(read('a=1&b'), [
    ['a', '1'],
    ['b', ''],
  ]);
});
