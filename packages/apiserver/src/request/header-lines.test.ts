import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headerLines, withUserLines } from './header-lines.ts';

test('over HTTP/2, too, a comma is part of a group', () => {
  const raw = [
    'Impersonate-User',
    'jane',
    'Impersonate-Group',
    'cn=a,dc=example',
    'impersonate-group',
    'b',
    'accept',
    'x',
  ];
  const headers = { 'impersonate-user': 'jane', 'impersonate-group': 'cn=a,dc=example, b', accept: 'x' };
  const read = withUserLines(headers, raw);
  assert.deepEqual(headerLines('impersonate-group', read['impersonate-group']), ['cn=a,dc=example', 'b']);
  assert.deepEqual([read['impersonate-user'], read.accept], ['jane', 'x']);
});

test('requests that name no user keep their headers', () => {
  const headers = { accept: 'a, b' };
  assert.equal(withUserLines(headers, ['accept', 'a', 'accept', 'b']), headers);
});
