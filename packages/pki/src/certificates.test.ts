import assert from 'node:assert/strict';
import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { identityFiles, readIdentity, writeIdentity } from './files.ts';
import { inspectCertificate, publicKeyHash, readCertificates, verifyCertificate } from './inspect.ts';
import { createAuthority, createLeaf } from './issue.ts';
import { type KeyAlgorithm, newPrivateKey, privateKeyPem, readPublicKeys } from './key-pair.ts';
import { createSigningRequest, parseSigningRequest, signRequest } from './signing-request.ts';

const day = 86_400_000;
const now = Date.UTC(2026, 5, 1);
const validity = { notBefore: now - day, notAfter: now + 365 * day };
const forServers = { ...validity, usages: ['digital signature', 'key encipherment', 'server auth'] } as const;
const forClients = { ...validity, usages: ['digital signature', 'key encipherment', 'client auth'] } as const;
const ca = await createAuthority({ commonName: 'kubernetes', ...validity });
const roots = readCertificates(ca.certificate);
const certificateOf = (pem: string): X509Certificate => new X509Certificate(pem);

for (const algorithm of ['ECDSA-P256', 'ECDSA-P384', 'RSA-2048'] satisfies KeyAlgorithm[]) {
  test(`a CA signs a server certificate: ${algorithm}`, async () => {
    const authority = await createAuthority({ commonName: 'kubernetes', ...validity }, algorithm);
    const names = { dnsNames: ['kubernetes', 'node-1'], ipAddresses: ['10.96.0.1', 'fd00::1'] };
    const leaf = await createLeaf(authority, { commonName: 'kube-apiserver', ...names, ...forServers }, algorithm);
    const certificate = certificateOf(leaf.certificate);
    const options = { roots: readCertificates(authority.certificate), now, usage: 'server auth' } as const;
    assert.doesNotThrow(() => verifyCertificate(certificate, options));
    const info = inspectCertificate(certificate);
    assert.deepEqual([info.commonName, info.dnsNames], ['kube-apiserver', names.dnsNames]);
    assert.deepEqual(info.ipAddresses, names.ipAddresses);
    assert.deepEqual([info.notBefore, info.notAfter, info.isAuthority], [validity.notBefore, validity.notAfter, false]);
    assert.match(leaf.privateKey, algorithm.startsWith('RSA') ? /BEGIN RSA PRIVATE KEY/ : /BEGIN EC PRIVATE KEY/);
    assert.equal(certificate.checkPrivateKey((await import('node:crypto')).createPrivateKey(leaf.privateKey)), true);
  });
}

test('user and group names survive the round trip through a certificate, whatever characters they contain', async () => {
  const organizations = ['system:masters', 'a, b + c=d', 'größe'];
  const leaf = await createLeaf(ca, { commonName: 'CN=x/O=y', organizations, ...forClients });
  const info = inspectCertificate(certificateOf(leaf.certificate));
  assert.equal(info.commonName, 'CN=x/O=y');
  assert.deepEqual([...info.organizations].sort(), [...organizations].sort());
});

test('a certificate may have extended key usages only', async () => {
  const leaf = await createLeaf(ca, { commonName: 'u', ...validity, usages: ['client auth'] });
  assert.doesNotThrow(() => verifyCertificate(certificateOf(leaf.certificate), { roots, now, usage: 'client auth' }));
});

test('rejects certificates with the messages of Go', async () => {
  const stranger = await createAuthority({ commonName: 'kubernetes', ...validity });
  const own = await createLeaf(ca, { commonName: 'u', ...forClients });
  const foreign = await createLeaf(stranger, { commonName: 'u', ...forClients });
  const cases: [string, { certificate: string; now?: number; usage?: 'server auth' }, RegExp][] = [
    ['another CA of the same name', foreign, /^CertificateError: x509: certificate signed by unknown authority$/],
    [
      'expired',
      { ...own, now: validity.notAfter + 1000 },
      /current time 2027-06-01T00:00:01Z is after 2027-06-01T00:00:00Z$/,
    ],
    ['too early', { ...own, now: validity.notBefore - 1000 }, /has expired or is not yet valid: .* is before/],
    ['other usage', { ...own, usage: 'server auth' }, /x509: certificate specifies an incompatible key usage/],
    ['signed by a leaf', await createLeaf(own, { commonName: 'v', ...forClients }), /unknown authority/],
  ];
  for (const [what, { certificate, now: at = now, usage = 'client auth' }, message] of cases) {
    const options = { roots, intermediates: readCertificates(own.certificate), now: at, usage } as const;
    assert.throws(() => verifyCertificate(certificateOf(certificate), options), message, what);
  }
});

test('signing a request sets the usages of the signer and leaves the rest as requested', async () => {
  const key = privateKeyPem(await newPrivateKey());
  const subject = {
    commonName: 'system:node:n1',
    organizations: ['system:nodes'],
    dnsNames: ['n1'],
    ipAddresses: ['10.0.0.7'],
  };
  const request = await parseSigningRequest(await createSigningRequest(key, subject));
  assert.deepEqual(
    [request.commonName, request.organizations, request.dnsNames, request.ipAddresses, request.uris],
    ['system:node:n1', ['system:nodes'], ['n1'], ['10.0.0.7'], []],
  );
  const certificate = certificateOf(await signRequest(ca, request, forServers));
  assert.doesNotThrow(() => verifyCertificate(certificate, { roots, now, usage: 'server auth' }));
  assert.throws(() => verifyCertificate(certificate, { roots, now, usage: 'client auth' }), /incompatible key usage/);
  const der = { type: 'spki', format: 'der' } as const;
  assert.deepEqual(certificate.publicKey.export(der), createPublicKey(key).export(der));
});

test('rejects a request whose content was changed after signing', async () => {
  const pem = await createSigningRequest(privateKeyPem(await newPrivateKey()), { commonName: 'aaaa' });
  const body = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  body.write('bbbb', body.indexOf('aaaa'));
  const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${body.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
  await assert.rejects(parseSigningRequest(forged), /signature does not match/);
  await assert.rejects(parseSigningRequest('hello'), /PEM block type must be CERTIFICATE REQUEST/);
});

test('the hash of a CA is that of its public key info', () => {
  const [root] = roots;
  assert.ok(root);
  const spki = createPublicKey(ca.privateKey).export({ type: 'spki', format: 'der' });
  assert.equal(publicKeyHash(root), `sha256:${createHash('sha256').update(spki).digest('hex')}`);
});

test('key files are readable by their owner only', async () => {
  const dir = await mkdtemp(`${tmpdir()}/pki-`);
  try {
    const files = identityFiles(`${dir}/etcd`, 'ca');
    await writeIdentity(files, ca);
    assert.deepEqual(await readIdentity(files), ca);
    assert.equal((await stat(files.privateKey)).mode & 0o777, 0o600);
    assert.equal((await stat(files.certificate)).mode & 0o777, 0o644);
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('reads public keys from certificates, private keys and public keys', async () => {
  const pem = `${ca.certificate}${ca.privateKey}`;
  const keys = readPublicKeys(pem);
  assert.equal(keys.length, 2);
  assert.equal(keys[0]?.equals(keys[1] as (typeof keys)[0]), true);
  assert.throws(() => readPublicKeys('x'), /does not contain any valid RSA or ECDSA public keys/);
});
