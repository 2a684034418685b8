import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasEmptyDocument } from './empty-documents.ts';

test('documents without a word are found as Go takes a text apart', () => {
  for (const text of [
    '# a\n---\na: 1\n',
    '\n---\na: 1',
    '---\n---\na: 1',
    'a: 1\n---\n\n---\nb: 1',
    'a: 1\n---\n# b',
    '# a',
    '\n',
    '---\n',
  ]) {
    assert.equal(hasEmptyDocument(text), true, JSON.stringify(text));
  }
  for (const text of [
    '',
    'a: 1',
    '---\n# a\na: 1\n---\n',
    '# a\n\na: 1\n--- # b\nb: 1\n',
    'a: |\n  x\n---\nb: 1',
    'a: 1\n---\n---x: 1',
  ]) {
    assert.equal(hasEmptyDocument(text), false, JSON.stringify(text));
  }
});
