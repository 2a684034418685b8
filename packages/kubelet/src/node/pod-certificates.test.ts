import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import type { PodCertificateRequest } from '@typernetes/api/certificates/v1beta1';
import type { PodCertificateProjection } from '@typernetes/api/core/v1';
import { FakeClock } from '@typernetes/base/testing';
import { StatusError } from '@typernetes/machinery';
import { parseSigningRequest } from '@typernetes/pki';
import { podOf } from '../testing/pod-machine.ts';
import { PodCertificates } from './pod-certificates.ts';

type Verdict = 'Issued' | 'Denied' | 'Failed' | undefined;

const hourMs = 3_600_000;
const pod = podOf('web', { serviceAccountName: 'builder', containers: [] });
const source: PodCertificateProjection = {
  signerName: 'example.com/signer',
  keyType: 'ECDSAP256',
  credentialBundlePath: 'bundle.pem',
};

class SkippingClock extends FakeClock {
  override async sleep(ms: number): Promise<void> {
    await this.advance(ms);
  }
}

/** An API server with a signer that decides at the `after`th look. */
class Signer {
  readonly clock = new SkippingClock(Date.parse('2026-01-01T00:00:00Z'));
  readonly requests: PodCertificateRequest[] = [];
  verdict: Verdict = 'Issued';
  after = 2;
  looks = 0;
  readonly certificates = new PodCertificates({
    clock: this.clock,
    node: () => ({ metadata: { name: 'node', uid: 'uid-node' } }) as never,
    serviceAccount: async (namespace, name) => ({ metadata: { namespace, name, uid: `uid-${name}` } }) as never,
    create: async (_namespace, request) => {
      const made = request as PodCertificateRequest;
      made.metadata.name = `req-${this.requests.length}`;
      this.requests.push(made);
      this.looks = 0;
      return made;
    },
    read: async (_namespace, name) => {
      const found = this.requests.find(({ metadata }) => metadata.name === name);
      if (!found) throw new StatusError('NotFound', `podcertificaterequests.certificates.k8s.io "${name}" not found`);
      if (++this.looks < this.after || !this.verdict) return found;
      const at = (hours: number): string => new Date(this.clock.now() + hours * hourMs).toISOString();
      const condition = {
        type: this.verdict,
        status: 'True',
        reason: 'Because',
        message: 'so it is',
        lastTransitionTime: '',
      };
      const issued = { certificateChain: `chain of ${name}\n`, beginRefreshAt: at(8), notAfter: at(12) };
      return { ...found, status: { conditions: [condition], ...(this.verdict === 'Issued' ? issued : {}) } };
    },
  });
  get = (wanted = source) => this.certificates.get(pod, 'credentials', wanted);
}

const refused = {
  message: 'PodCertificateRequest "req-0" of signer "example.com/signer" was denied: Because: so it is',
};

test("a pod gets a key and a certificate for it, requested in the pod's name", async () => {
  const signer = new Signer();
  const { privateKey, certificateChain } = await signer.get();
  assert.equal(certificateChain, 'chain of req-0\n');
  const [request] = signer.requests;
  const { stubPKCS10Request, ...spec } = request?.spec ?? assert.fail();
  assert.deepEqual(spec, {
    signerName: 'example.com/signer',
    podName: 'web',
    podUID: 'uid-web',
    serviceAccountName: 'builder',
    serviceAccountUID: 'uid-builder',
    nodeName: 'node',
    nodeUID: 'uid-node',
    maxExpirationSeconds: 86_400,
  });
  const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${stubPKCS10Request}\n-----END CERTIFICATE REQUEST-----\n`;
  const { publicKey } = await parseSigningRequest(pem);
  assert.ok(publicKey.equals(createPublicKey(createPrivateKey(privateKey))));
});

test('supports keys of every type', async () => {
  for (const [keyType, type] of [
    ['RSA3072', 'rsa'],
    ['ECDSAP384', 'ec'],
    ['ECDSAP521', 'ec'],
    ['ED25519', 'ed25519'],
  ] as const) {
    const { privateKey } = await new Signer().get({ ...source, keyType });
    assert.equal(createPrivateKey(privateKey).asymmetricKeyType, type, keyType);
  }
  await assert.rejects(new Signer().get({ ...source, keyType: 'DSA' }), /unknown key type "DSA"/);
});

test('keeps a certificate until its refresh is due, and while it is valid if no new one is available', async () => {
  const signer = new Signer();
  const first = await signer.get();
  await signer.clock.advance(7 * hourMs);
  assert.deepEqual(await signer.get(), first);
  signer.verdict = undefined;
  await signer.clock.advance(2 * hourMs);
  assert.deepEqual(await signer.get(), first);
  assert.equal(signer.requests.length, 2);
  signer.verdict = 'Issued';
  const second = await signer.get();
  assert.equal(second.certificateChain, 'chain of req-1\n');
  assert.notEqual(second.privateKey, first.privateKey);
  signer.verdict = undefined;
  await signer.clock.advance(13 * hourMs);
  await assert.rejects(signer.get(), /PodCertificateRequest "req-2" of signer .* is not issued yet/);
});

test('a retry waits for the same request, unless that is gone', async () => {
  const signer = new Signer();
  signer.verdict = undefined;
  await assert.rejects(signer.get(), /is not issued yet/);
  await assert.rejects(signer.get(), /is not issued yet/);
  assert.equal(signer.requests.length, 1);
  signer.requests.length = 0;
  await assert.rejects(signer.get(), /while reading the PodCertificateRequest: .* not found/);
  signer.verdict = 'Issued';
  assert.equal((await signer.get()).certificateChain, 'chain of req-0\n');
});

test('does not repeat a request that was denied', async () => {
  const signer = new Signer();
  signer.verdict = 'Denied';
  await assert.rejects(signer.get(), refused);
  await assert.rejects(signer.get(), refused);
  assert.equal(signer.requests.length, 1);
});
