import assert from 'node:assert/strict';
import { test } from 'node:test';
import { warningLines } from './warning-lines.ts';

test('warnings are quoted; those that no header may have are not told', () => {
  assert.deepEqual(warningLines(['say "a"', 'b\\c', '', 'two\nlines', 'Iñtërnâtiô']), [
    '299 - "say \\"a\\""',
    '299 - "b\\\\c"',
    '299 - "Iñtërnâtiô"',
  ]);
});

test('when there is too much to tell, each warning is cut, and the last ones are left out', () => {
  const long = (letter: string, length: number): string => letter.repeat(length);
  assert.deepEqual(
    warningLines([long('a', 3000), 'short', long('b', 1091)]).map((line) => line.length),
    [3008, 13, 1099],
  );
  const cut = warningLines([long('a', 3000), 'short', long('ö', 1092)]);
  assert.deepEqual(cut, [`299 - "${long('a', 256)}"`, '299 - "short"', `299 - "${long('ö', 256)}"`]);
  // Sixteen of 256 characters are the limit.
  const many = Array.from({ length: 40 }, (_, i) => `${String(i).padStart(2, '0')}${long('x', 400)}`);
  assert.equal(warningLines(many).length, 16);
});
