import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unifiedDiff } from './unified-diff.ts';

const lines = (...texts: string[]): string => texts.map((text) => `${text}\n`).join('');
const numbers = Array.from({ length: 20 }, (_, i) => String(i + 1));
const diff = (from: string, to: string, context = 3): string =>
  unifiedDiff({ name: 'a', text: from }, { name: 'b', text: to }, context);

test('prints diffs in the format of diff -u', () => {
  assert.equal(diff(lines('x'), lines('x')), '');
  const changed = numbers.map((number) => (number === '5' ? 'five' : number)).filter((number) => number !== '18');
  assert.equal(
    diff(lines(...numbers), lines(...changed)),
    lines(
      '--- a',
      '+++ b',
      '@@ -2,7 +2,7 @@',
      ' 2',
      ' 3',
      ' 4',
      '-5',
      '+five',
      ' 6',
      ' 7',
      ' 8',
      '@@ -15,6 +15,5 @@',
      ' 15',
      ' 16',
      ' 17',
      '-18',
      ' 19',
      ' 20',
    ),
  );
  assert.equal(diff('', lines('new')), lines('--- a', '+++ b', '@@ -0,0 +1 @@', '+new'));
  assert.equal(diff(lines('a', 'b', 'c'), lines('a', 'c'), 0), lines('--- a', '+++ b', '@@ -2 +1,0 @@', '-b'));
});
