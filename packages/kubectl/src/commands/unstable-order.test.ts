import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inUnstableOrder } from './unstable-order.ts';

const numbers = (count: number, value: (i: number) => number): { key: number; at: number }[] =>
  Array.from({ length: count }, (_, at) => ({ key: value(at), at }));
const sorted = (items: readonly { key: number; at: number }[]) => inUnstableOrder(items, (a, b) => a.key < b.key);

test('whatever the order was, items are sorted, and none is lost', () => {
  for (const count of [0, 1, 2, 12, 13, 49, 50, 51, 300, 3000])
    for (const value of [
      (i: number) => i,
      (i: number) => -i,
      (i: number) => i % 3,
      (i: number) => (i * 7919) % 1009,
      (i: number) => (i % 60 === 7 ? i + 9 : i),
      (i: number) => Math.min(i, count - i),
      () => 1,
    ]) {
      const items = numbers(count, value);
      const found = sorted(items);
      assert.deepEqual(
        found.toSorted((a, b) => a.at - b.at),
        items,
      );
      assert.deepEqual(
        found.map(({ key }) => key),
        items.map(({ key }) => key).sort((a, b) => a - b),
      );
    }
});

test('up to twelve keep the order of equal ones, and are turned around where each is less than the other', () => {
  const items = numbers(12, (i) => i % 2);
  assert.deepEqual(
    sorted(items).map(({ at }) => at),
    [0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11],
  );
  assert.deepEqual(
    inUnstableOrder(items, () => true).map(({ at }) => at),
    [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
  );
});
