import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CertificateSigningRequest } from '@typernetes/api/certificates/v1';
import {
  clientSigner,
  deletableAt,
  kubeletClientSigner,
  kubeletServingSigner,
  lifetimeMs,
  type RequestedNames,
  recognizers,
  signingProblem,
} from './plan.ts';

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

const refusals: [signer: string, usages: string[], of: RequestedNames, problem: RegExp | undefined][] = [
  [kubeletClientSigner, clientUsages, names(), undefined],
  [kubeletClientSigner, [...clientUsages, 'server auth'], names(), /usages/],
  [kubeletClientSigner, clientUsages, names({ commonName: 'admin' }), /common name/],
  [kubeletServingSigner, ['digital signature', 'server auth'], names({ ipAddresses: ['10.0.0.1'] }), undefined],
  [kubeletServingSigner, ['digital signature', 'server auth'], names(), /DNS or IP/],
  [clientSigner, ['client auth'], names({ commonName: 'jane', organizations: ['dev'] }), undefined],
  [clientSigner, ['server auth'], names(), /usages/],
];
for (const [signerName, usages, of, problem] of refusals) {
  test(`${signerName} with ${usages}: ${problem ?? 'signs'}`, () => {
    const found = signingProblem({ request: '', signerName, usages }, of);
    if (problem) assert.match(found ?? '', problem);
    else assert.equal(found, undefined);
  });
}

test('a lifetime is what was asked for, within bounds', () => {
  assert.deepEqual(
    [lifetimeMs(undefined, 1e9), lifetimeMs(3600, 1e9), lifetimeMs(60, 1e9), lifetimeMs(1e9, 1e9)],
    [1e9, 3_600_000, 600_000, 1e9],
  );
});

test('requests are kept a day when pending, an hour when done', () => {
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
