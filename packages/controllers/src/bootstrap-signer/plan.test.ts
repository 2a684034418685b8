import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigMap, Secret } from '@typernetes/api/core/v1';
import { signedData } from './plan.ts';

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
const now = Date.parse('2026-01-01T00:00:00Z');
const sign = (content: string, { id }: { id: string }) => `${id} signs ${content}`;

test('every token with the signing usage signs, and obsolete signatures are removed', () => {
  const info: ConfigMap = { metadata: meta('cluster-info'), data: { kubeconfig: 'K', 'jws-kubeconfig-gone00': 'x' } };
  const secrets = [
    token('aaaaaa'),
    token('bbbbbb', { 'usage-bootstrap-signing': 'false' }),
    token('cccccc', { expiration: '2025-12-31T00:00:00Z' }),
  ];
  assert.deepEqual(signedData(info, secrets, { sign, now }), {
    kubeconfig: 'K',
    'jws-kubeconfig-aaaaaa': 'aaaaaa signs K',
  });
});
