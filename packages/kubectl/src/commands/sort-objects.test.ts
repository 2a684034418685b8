import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sortObjects } from './sort-objects.ts';

test('objects are sorted by what their field means', () => {
  for (const [values, sorted] of [
    [
      ['10Gi', '900Mi', '1Ti'],
      ['900Mi', '10Gi', '1Ti'],
    ],
    [
      ['web-10', 'web-9', 'db'],
      ['db', 'web-10', 'web-9'],
    ],
    [
      [3, undefined, 1],
      [undefined, 1, 3],
    ],
    [
      ['2026-01-02T00:00:00Z', '2025-12-31T00:00:00Z'],
      ['2025-12-31T00:00:00Z', '2026-01-02T00:00:00Z'],
    ],
  ] as const) {
    const items = values.map((v) => ({ spec: { v } }));
    for (const path of ['.spec.v', '{.spec.v}', 'spec.v'])
      assert.deepEqual(
        sortObjects(items, path, (item) => item).map(({ spec }) => spec.v),
        sorted,
      );
  }
});

test('a field that no object has is refused', () => {
  assert.throws(() => sortObjects([{ a: 1 }], '.b', (item) => item), {
    message: 'couldn\'t find any field with path "{.b}" in the list of objects',
  });
});

test('what lacks the field comes first, turned around', () => {
  const items = ['a', undefined, 'b', undefined].map((v, at) => ({ at, ...(v ? { v } : {}) }));
  assert.deepEqual(
    sortObjects(items, '.v', (item) => item).map(({ at }) => at),
    [3, 1, 0, 2],
  );
});
