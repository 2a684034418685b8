import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expand } from './expansion.ts';

const known = (name: string): string | undefined => ({ A: '1', EMPTY: '' })[name];

for (const [text, expanded] of [
  ['plain', 'plain'],
  ['$(A)', '1'],
  ['x$(A)y$(A)', 'x1y1'],
  ['$(EMPTY)', ''],
  ['$(UNKNOWN)', '$(UNKNOWN)'],
  ['$$(A)', '$(A)'],
  ['$$$(A)', '$1'],
  ['$A $', '$A $'],
  ['$(A', '$(A'],
] as const) {
  test(`${text} becomes ${expanded}`, () => assert.equal(expand(text, known), expanded));
}
