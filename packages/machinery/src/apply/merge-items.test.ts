import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anySchema, type ListSchema } from '../schema/schema.ts';
import { mergeItems } from './merge-items.ts';

const map: ListSchema = { kind: 'list', goType: '[]Item', type: 'map', keys: ['name'], items: anySchema };
const set: ListSchema = { kind: 'list', goType: '[]int32', type: 'set', keys: [], items: anySchema };

/** Each letter is an item; items that both lists have are merged into capital letters. */
const mergedTexts = (live: string, config: string): string =>
  mergeItems(
    [...live].map((name) => ({ name })),
    [...config].map((name) => ({ name })),
    {
      list: map,
      merge: (one, other) => ({ name: `${one === null ? '0' : ''}${(other as { name: string }).name.toUpperCase()}` }),
    },
  )
    .map((item) => (item as { name: string }).name)
    .join('');

test("keeps the live list's own items where they are, before what the configuration adds", () => {
  const cases: [live: string, config: string, want: string][] = [
    ['abc', 'ad', 'Abcd'],
    ['abc', 'da', 'dAbc'],
    ['abcd', 'db', 'acDB'],
    ['abc', 'cba', 'CBA'],
    ['abcde', 'aec', 'AbdEC'],
    ['bc', 'abcd', 'aBCd'],
    ['ab', '', 'ab'],
    ['', 'ab', 'ab'],
    ['axb', 'yab', 'yAxB'],
  ];
  for (const [live, config, want] of cases) assert.equal(mergedTexts(live, config), want, `${live} and ${config}`);
});

test('replaces items that the live list has more than once, and keeps others as they are', () => {
  assert.equal(mergedTexts('aab', 'a'), '0Ab');
  assert.equal(mergedTexts('aab', 'b'), 'aaB');
  const merged = mergeItems([1, 2, 2, 3], [3, 1], { list: set, merge: (_, other) => other });
  assert.deepEqual(merged, [2, 2, 3, 1]);
});
