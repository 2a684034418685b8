import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exactInteger, parseExactJson } from './exact-json.ts';

test('integers beyond 2⁵³ keep their digits, read and written', () => {
  const text =
    '{"a":9007199254740993,"b":[-9223372036854775808, 9223372036854775807],"c":9007199254740991,"d":"9007199254740993"}';
  const value = parseExactJson(text);
  assert.deepEqual(value, {
    a: 9007199254740993n,
    b: [-9223372036854775808n, 9223372036854775807n],
    c: 9007199254740991,
    d: '9007199254740993',
  });
  assert.equal(JSON.stringify(value), text.replace(' ', ''));
});

test('integers beyond 64 bits, and fractions, become the nearest number', () => {
  assert.deepEqual(parseExactJson('[9223372036854775808, 1e21, 9007199254740993.0, 0.5]'), [
    2 ** 63,
    1e21,
    9007199254740992,
    0.5,
  ]);
  assert.equal(exactInteger(5n), 5);
});

test('rejects texts that are not JSON', () => assert.throws(() => parseExactJson('{9007199254740993'), SyntaxError));
