import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeParts } from './merge-parts.ts';
import type { ApiServerParts } from './part-slots.ts';

const check = (name: string) => ({ name, check: () => {} });

test('concatenates arrays and merges maps', () => {
  const answers = (name: string): ApiServerParts['answers'] => new Map([[name, async () => ({}) as never]]);
  const merged = mergeParts([
    { health: [check('a')] },
    { answers: answers('x') },
    { health: [check('b')], answers: answers('y') },
  ]);
  assert.deepEqual(
    merged.health?.map(({ name }) => name),
    ['a', 'b'],
  );
  assert.deepEqual([...(merged.answers?.keys() ?? [])], ['x', 'y']);
});

test('refuses two values where there can be one; undefined is none', () => {
  const auditor = {} as ApiServerParts['auditor'];
  assert.equal(mergeParts([{ auditor }, { auditor: undefined } as object]).auditor, auditor);
  assert.throws(() => mergeParts([{ auditor }, { auditor }]), /"auditor" comes from two/);
});
