import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { chapterLines } from '../walkthrough/chapter-lines.ts';

test('each line of the introduction is typed in a test of the walk-through', () => {
  for (const { printed, typed = printed, file } of chapterLines) {
    const text = readFileSync(join(import.meta.dirname, '../walkthrough', file), 'utf8');
    assert.ok(text.includes(typed), `${file} does not have: ${typed}`);
  }
});
