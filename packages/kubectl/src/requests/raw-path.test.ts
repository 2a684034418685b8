import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rawPath } from './raw-path.ts';

const cases: readonly (readonly [string, string])[] = [
  ['/api/v1/pods?labelSelector=a in (b)', '/api/v1/pods?labelSelector=a+in+%28b%29'],
  ['/version?b=1&a=2&b=0', '/version?a=2&b=1&b=0'],
  ['/version?%zz&a=b;c&x', '/version?x='],
  ['/version?a+b=%41', '/version?a+b=A'],
  ['/version?', '/version'],
  ['/version#x', '/version'],
  ['/ver sion/%41', '/ver%20sion/%41'],
  ['//host/api', '/api'],
  ['//host', '/'],
];

test('what --raw asks for is escaped and ordered as upstream does', () => {
  for (const [given, sent] of cases) assert.equal(rawPath(given), sent, given);
});

test('a path with half an escape is refused', () => {
  const message = '--raw must be a valid URL path: parse "/a%z": invalid URL escape "%z"';
  assert.throws(() => rawPath('/a%z'), { message });
});
