import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Secret } from '@typernetes/api/core/v1';
import { expiryOf } from './token.ts';

const meta = (name: string) => ({ name, uid: name, resourceVersion: '1', creationTimestamp: '' });
const base64 = (text: string) => Buffer.from(text).toString('base64');
const token = (id: string, rest: Record<string, string> = {}): Secret => ({
  metadata: meta(`bootstrap-token-${id}`),
  type: 'bootstrap.kubernetes.io/token',
  data: Object.fromEntries(
    Object.entries({ 'token-id': id, 'token-secret': 's', 'usage-bootstrap-signing': 'true', ...rest }).map(
      ([name, value]) => [name, base64(value)],
    ),
  ),
});

test('a token without an expiration stays, one with a malformed expiration is deleted', () => {
  assert.equal(expiryOf(token('aaaaaa')), Number.POSITIVE_INFINITY);
  assert.equal(expiryOf(token('aaaaaa', { expiration: 'tomorrow' })), Number.NEGATIVE_INFINITY);
});
