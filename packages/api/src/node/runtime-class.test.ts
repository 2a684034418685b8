import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemText } from '@typernetes/machinery';
import { validateRuntimeClass, validateRuntimeClassUpdate } from '../validation.ts';
import type { RuntimeClass } from './v1.gen.ts';

const runtimeClass = (...tolerations: object[]): RuntimeClass =>
  ({ metadata: { name: 'c' }, handler: 'runc', scheduling: { tolerations } }) as unknown as RuntimeClass;

test('tolerations are checked on updates too, and are equal however long they tolerate', () => {
  const wanted = runtimeClass(
    { key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 1 },
    { key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 2 },
  );
  for (const problems of [validateRuntimeClass(wanted), validateRuntimeClassUpdate(wanted, runtimeClass())])
    assert.deepEqual(
      problems.map((problem) => problemText(problem).split(': ').slice(0, 2).join(': ')),
      ['scheduling.tolerations[1]: Duplicate value'],
    );
});
