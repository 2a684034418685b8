import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonCopy } from './copy.ts';

test('copies every kind of value, and shares nothing', () => {
  const value = JSON.parse('{"a":[1,"x",null,true,{"b":{}}],"__proto__":{"c":[]},"d":null}') as Record<string, unknown>;
  const copy = jsonCopy(value);
  assert.deepEqual(copy, value);
  assert.equal(JSON.stringify(copy), JSON.stringify(value));
  const parts = (of: unknown): object[] =>
    typeof of === 'object' && of !== null ? [of, ...Object.values(of).flatMap(parts)] : [];
  const originals = new Set(parts(value));
  assert.equal(parts(copy).filter((part) => originals.has(part)).length, 0);
  for (const scalar of [1, 'x', true, null, undefined]) assert.equal(jsonCopy(scalar), scalar);
});
