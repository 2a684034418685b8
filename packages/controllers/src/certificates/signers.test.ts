import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  clientSigner,
  kubeletClientSigner,
  kubeletServingSigner,
  type RequestedNames,
  signingProblem,
} from './signers.ts';

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
