import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CertificateSigningRequest } from '@typernetes/api/certificates/v1';
import { clientSigner, kubeletClientSigner, type RequestedNames } from '../certificates/signers.ts';
import { recognizers } from './plan.ts';

const names = (rest: Partial<RequestedNames> = {}): RequestedNames => ({
  commonName: 'system:node:n1',
  organizations: ['system:nodes'],
  dnsNames: [],
  ipAddresses: [],
  emailAddresses: [],
  uris: [],
  ...rest,
});
const clientUsages = ['digital signature', 'client auth'];
const csr = (rest: Partial<CertificateSigningRequest['spec']> = {}): CertificateSigningRequest => ({
  metadata: { name: 'csr-1', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: {
    request: '',
    signerName: kubeletClientSigner,
    usages: clientUsages,
    username: 'system:bootstrap:abcdef',
    ...rest,
  },
});

test('a bootstrap token may ask for any node, a node for itself', () => {
  const asked = (username: string, of = names()) => recognizers(csr({ username }), of).map((r) => r.subresource);
  assert.deepEqual(asked('system:bootstrap:abcdef'), ['nodeclient']);
  assert.deepEqual(asked('system:node:n1'), ['selfnodeclient', 'nodeclient']);
  assert.deepEqual(asked('x', names({ organizations: ['system:masters'] })), []);
  assert.deepEqual(asked('x', names({ dnsNames: ['n1'] })), []);
  assert.deepEqual(recognizers(csr({ signerName: clientSigner }), names()), []);
});
