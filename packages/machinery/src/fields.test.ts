import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFieldSelector } from './fields.ts';

const object: Record<string, string> = { 'metadata.name': 'web', 'spec.nodeName': '', note: 'a,b=c' };
const fieldOf = (field: string): string => object[field] ?? '';

const cases: [selector: string, matches: boolean][] = [
  ['', true],
  ['metadata.name=web', true],
  ['metadata.name==web,spec.nodeName=', true],
  ['spec.nodeName!=', false],
  ['metadata.name!=api', true],
  ['note=a\\,b\\=c', true],
];

for (const [text, matches] of cases) {
  test(`field selector "${text}" ${matches ? 'selects' : 'passes over'}`, () => {
    const selector = parseFieldSelector(text);
    assert.equal(selector.matches(fieldOf), matches);
    assert.equal(parseFieldSelector(selector.toString()).matches(fieldOf), matches);
  });
}

test('a term without an operator is refused', () => {
  assert.throws(() => parseFieldSelector('metadata.name'), {
    message: "invalid selector: 'metadata.name'; can't understand 'metadata.name'",
  });
  assert.throws(() => parseFieldSelector('a=b\\c'), /invalid escape sequence/);
});
