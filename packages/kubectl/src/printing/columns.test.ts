import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Columns } from './columns.ts';

test("a text's tabs end cells, whose widths stay", () => {
  const columns = new Columns();
  assert.equal(columns.expand('a-long-name\tx\nb\ty\n'), 'a-long-name   x\nb             y\n');
  assert.equal(columns.expand('c\tz\n'), 'c             z\n');
  assert.equal(columns.expand('no tabs'), 'no tabs');
});

test('a tab at the end of a text without a line end is dropped', () => {
  const columns = new Columns();
  assert.equal(columns.expand('root\tone\ttwo\t'), 'root   one   two');
  assert.equal(columns.expand('one\t'), 'one');
});
