import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { createAuthority } from './issue.ts';
import { pairProblem } from './pair-problem.ts';

const validity = { notBefore: Date.parse('2026-01-01'), notAfter: Date.parse('2036-01-01') };
const { certificate, privateKey } = await createAuthority({ commonName: 'a', ...validity });
const other = await createAuthority({ commonName: 'b', ...validity });
const ofAnotherType = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const block = (type: string): string => `-----BEGIN ${type}-----\nAAAA\n-----END ${type}-----\n`;

test('a matching pair has no problem, with or without the rest of the chain', () => {
  assert.equal(pairProblem(certificate, privateKey), undefined);
  assert.equal(pairProblem(certificate + other.certificate, privateKey), undefined);
});

const cases: [string, string, string][] = [
  ['', privateKey, 'tls: failed to find any PEM data in certificate input'],
  [
    privateKey,
    certificate,
    'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched',
  ],
  [
    block('A') + block('B'),
    privateKey,
    'tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [A B]',
  ],
  [certificate, 'key', 'tls: failed to find any PEM data in key input'],
  [certificate, certificate, 'tls: found a certificate rather than a key in the PEM for the private key'],
  [
    certificate,
    block('A'),
    'tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: [A]',
  ],
  [block('CERTIFICATE'), privateKey, 'x509: malformed certificate'],
  [certificate, block('PRIVATE KEY'), 'tls: failed to parse private key'],
  [certificate, ofAnotherType, 'tls: private key type does not match public key type'],
  [certificate, other.privateKey, 'tls: private key does not match public key'],
];
for (const [cert, key, problem] of cases) test(problem, () => assert.equal(pairProblem(cert, key), problem));
