import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SortedKeys } from './sorted-keys.ts';

/** The same numbers every time. */
function numbers(): () => number {
  let state = 7;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test('keys stay sorted and ranges equal those of a sorted array, through thousands of changes', () => {
  const random = numbers();
  const pick = (count: number): number => Math.floor(random() * count);
  const name = (): string => `${['a', 'a-b', 'b', 'bb'][pick(4)]}/${pick(3000)}`;
  const keys = new SortedKeys();
  const expected = new Set<string>();
  for (let i = 0; i < 20_000; i++) {
    const key = name();
    // First there are more insertions than removals, then the other way round.
    if (random() < (i < 12_000 ? 0.8 : 0.2)) {
      keys.add(key);
      expected.add(key);
    } else {
      keys.delete(key);
      expected.delete(key);
    }
    if (i % 500 > 0) continue;
    const sorted = [...expected].sort((a, b) => (a < b ? -1 : 1));
    assert.equal(keys.size, sorted.length);
    for (const prefix of ['', 'a/', 'a-b/', 'b', 'c/'])
      for (const after of ['', name(), sorted[pick(sorted.length)] ?? '', 'a', 'z']) {
        const wanted = sorted.filter((one) => one.startsWith(prefix) && one > after);
        assert.deepEqual(keys.range(prefix, after).flat(), wanted);
        assert.equal(keys.count(prefix, after), wanted.length);
      }
  }
  for (const key of expected) keys.delete(key);
  assert.deepEqual([keys.size, keys.range('')], [0, []]);
});
