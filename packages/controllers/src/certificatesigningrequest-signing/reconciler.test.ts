import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { certificatesigningrequests } from '@typernetes/api/certificates/v1';
import { systemClock } from '@typernetes/base';
import { createAuthority, createSigningRequest, newPrivateKey, privateKeyPem } from '@typernetes/pki';
import { clientSigner, kubeletClientSigner } from '../certificates/signers.ts';
import { runController } from '../testing/index.ts';
import { certificateSigner } from './register.ts';

const start = Date.UTC(2026, 0, 1);
const year = 365 * 24 * 3_600_000;

/** Signing is real, and done beside the program: how often it has to look is up to the machine. */
async function until(condition: () => Promise<boolean>, settle: () => Promise<void>): Promise<void> {
  const deadline = systemClock.monotonic() + 20_000;
  while (!(await condition())) {
    assert.ok(systemClock.monotonic() < deadline, `it never came to this: ${condition}`);
    await settle();
  }
}

test('signs an approved request with the CA, and fails an invalid one for good', async () => {
  const clusterSigner = await createAuthority({
    commonName: 'kubernetes',
    notBefore: start - year,
    notAfter: start + year,
  });
  const key = privateKeyPem(await newPrivateKey());
  const request = async (commonName: string) => {
    const pem = await createSigningRequest(key, { commonName, organizations: ['system:nodes'] });
    return Buffer.from(pem).toString('base64');
  };
  const draft = async (name: string, commonName: string) => ({
    metadata: { name },
    spec: {
      request: await request(commonName),
      signerName: kubeletClientSigner,
      usages: ['digital signature', 'client auth'],
      expirationSeconds: 3600,
    },
    status: { conditions: [{ type: 'Approved', status: 'True' }] },
  });
  await runController(
    certificateSigner,
    async ({ api, settle }) => {
      const client = api.resource(certificatesigningrequests);
      await client.create(await draft('good', 'system:node:n1'));
      await client.create(await draft('bad', 'admin'));
      await until(async () => (await client.get({ name: 'good' })).status?.certificate !== undefined, settle);
      const { status } = await client.get({ name: 'good' });
      const certificate = new X509Certificate(Buffer.from(status?.certificate ?? '', 'base64'));
      assert.match(certificate.subject, /O=system:nodes\nCN=system:node:n1/);
      assert.ok(certificate.verify(new X509Certificate(clusterSigner.certificate).publicKey));
      // It is valid from five minutes ago and, being short-lived, until an hour from now.
      assert.equal(certificate.validToDate.getTime() - certificate.validFromDate.getTime(), 3_600_000 + 300_000);
      await until(async () => (await client.get({ name: 'bad' })).status?.conditions?.length === 2, settle);
      const bad = await client.get({ name: 'bad' });
      assert.equal(bad.status?.conditions?.[1]?.reason, 'SignerValidationFailure');
    },
    { settings: { clusterSigner } },
  );
});

test('a signer with its own CA signs with that, and ignores requests if it has none', async () => {
  const validity = { notBefore: start - year, notAfter: start + year };
  const kubelets = await createAuthority({ commonName: 'kubelets', ...validity });
  const key = privateKeyPem(await newPrivateKey());
  const pem = await createSigningRequest(key, { commonName: 'system:node:n1', organizations: ['system:nodes'] });
  const draft = (name: string, signerName: string) => ({
    metadata: { name },
    spec: {
      request: Buffer.from(pem).toString('base64'),
      signerName,
      usages: ['digital signature', 'client auth'],
    },
    status: { conditions: [{ type: 'Approved', status: 'True' }] },
  });
  await runController(
    certificateSigner,
    async ({ api, settle }) => {
      const client = api.resource(certificatesigningrequests);
      await client.create(draft('other', clientSigner));
      await client.create(draft('own', kubeletClientSigner));
      await until(async () => (await client.get({ name: 'own' })).status?.certificate !== undefined, settle);
      const { status } = await client.get({ name: 'own' });
      const certificate = new X509Certificate(Buffer.from(status?.certificate ?? '', 'base64'));
      assert.ok(certificate.verify(new X509Certificate(kubelets.certificate).publicKey));
      const { status: left } = await client.get({ name: 'other' });
      assert.deepEqual([left?.certificate, left?.conditions?.length], [undefined, 1]);
    },
    { settings: { signers: { [kubeletClientSigner]: kubelets } } },
  );
});
