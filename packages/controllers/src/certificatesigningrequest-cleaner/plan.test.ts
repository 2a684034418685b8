import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CertificateSigningRequest } from '@typernetes/api/certificates/v1';
import { deletableAt } from './plan.ts';

const csr = (): CertificateSigningRequest => ({
  metadata: { name: 'csr-1', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: {
    request: '',
    signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
    usages: ['client auth'],
    username: 'system:bootstrap:abcdef',
  },
});

test('keeps requests for a day when pending, for an hour when done', () => {
  const start = Date.parse('2026-01-01T00:00:00Z');
  const hour = 3_600_000;
  const done = (type: string, certificate?: string) => ({
    ...csr(),
    status: { conditions: [{ type, status: 'True', lastUpdateTime: '2026-01-01T01:00:00Z' }], certificate },
  });
  assert.equal(deletableAt(csr(), undefined) - start, 24 * hour);
  assert.equal(deletableAt(done('Denied'), undefined) - start, 2 * hour);
  assert.equal(deletableAt(done('Approved', 'cert'), undefined) - start, 2 * hour);
  assert.equal(deletableAt(done('Approved'), undefined) - start, 24 * hour);
});
