import assert from 'node:assert/strict';
import { test } from 'node:test';
import { warningsIn } from './warnings.ts';

test('extracts the texts of Warning headers', () => {
  assert.deepEqual(warningsIn('299 - "v1 Endpoints is deprecated"'), ['v1 Endpoints is deprecated']);
  assert.deepEqual(warningsIn('299 - "a, b", 299 agent "say \\\\"hi\\\\"", 199 - "other"'.replaceAll('\\\\', '\\')), [
    'a, b',
    'say "hi"',
  ]);
  assert.deepEqual(warningsIn('nonsense'), []);
});
