import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messagesOf } from './errors.ts';

test('appends causes to the message, without repetitions', () => {
  const inner = new Error('no such file', { cause: 'disk' });
  assert.equal(messagesOf(new Error('Cannot start', { cause: inner })), 'Cannot start: no such file: disk');
  assert.equal(messagesOf(new Error('Cannot read: no such file', { cause: inner })), 'Cannot read: no such file: disk');
});
