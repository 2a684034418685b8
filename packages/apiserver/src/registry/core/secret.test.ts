import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Secret } from '@typernetes/api/core/v1';
import { encodeStringData } from './secret.ts';

test('stringData is merged into data, and wins', () => {
  const metadata = { name: 's', namespace: 'n', uid: '', resourceVersion: '', creationTimestamp: '' };
  const secret: Secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata,
    data: { kept: 'YQ==', replaced: 'YQ==' },
    stringData: { replaced: 'b', added: 'ü' },
  };
  encodeStringData(secret);
  assert.deepEqual(secret.data, { kept: 'YQ==', replaced: 'Yg==', added: 'w7w=' });
  assert.ok(!('stringData' in secret));
});
