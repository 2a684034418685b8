import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { before, describe, test } from 'node:test';
import type { PodCertificateRequest } from '@typernetes/api/certificates/v1beta1';
import { type FieldProblem, problemText } from '@typernetes/machinery';
import { createAuthority, createLeaf, createSigningRequest, type Identity, signCertificate } from '@typernetes/pki';
import { podCertificateKeyProblems } from './pod-certificate-key.ts';
import { podCertificateStatusProblems } from './pod-certificate-status.ts';
import { trustAnchorProblems } from './trust-anchors.ts';

const hour = 3_600_000;
const notBefore = Date.UTC(2026, 0, 1);
const podUID = '5f3f7d4e-5a3b-4c4e-9a53-9d7a7cbb7a10';
let authority: Identity;
before(async () => {
  authority = await createAuthority({ commonName: 'ca', notBefore, notAfter: notBefore + 9 * hour });
});

/** Problems without the values that are wrong: these are long. */
const texts = (problems: readonly FieldProblem[]): string[] =>
  problems.map((problem) => problemText(problem).replace(/Invalid value: "[^"]*": /, ''));

test('trust bundles contain CA certificates, each once', async () => {
  const leaf = await createLeaf(authority, { commonName: 'l', notBefore, notAfter: notBefore + hour, usages: [] });
  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  const other = '-----BEGIN KEY-----\nAAAA\n-----END KEY-----\n';
  const headed = authority.certificate.replace('-----\n', '-----\nA: b\n\n');
  const at = 'spec.trustBundle';
  assert.deepEqual(trustAnchorProblems(`a comment\n${authority.certificate}`), []);
  assert.deepEqual(texts(trustAnchorProblems('none')), [`${at}: at least one trust anchor must be provided`]);
  assert.deepEqual(texts(trustAnchorProblems([leaf.certificate, broken, other, headed].join('\n'))), [
    `${at}: entry 0 does not have the CA bit set`,
    `${at}: entry 1 does not parse as X.509`,
    `${at}: entry 2 has bad block type: KEY`,
    `${at}: entry 3 has PEM block headers`,
  ]);
  assert.deepEqual(texts(trustAnchorProblems([authority.certificate, authority.certificate].join('\n'))), [
    `${at}: duplicate trust anchor (indices [0 1])`,
  ]);
});

const spki = (key: KeyObject): string => key.export({ type: 'spki', format: 'der' }).toString('base64');

function keyed(key: KeyObject, proof: Buffer): string[] {
  const spec = { pkixPublicKey: spki(key), proofOfPossession: proof.toString('base64'), podUID };
  return texts(podCertificateKeyProblems(spec as PodCertificateRequest['spec']));
}

describe('requests for certificates of pods', () => {
  test('prove that the sender holds a strong enough key', () => {
    const ed25519 = generateKeyPairSync('ed25519');
    const p256 = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const weak = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
    const data = Buffer.from(podUID);
    assert.deepEqual(keyed(ed25519.publicKey, sign(null, data, ed25519.privateKey)), []);
    assert.deepEqual(keyed(p256.publicKey, sign('sha256', data, p256.privateKey)), []);
    assert.deepEqual(keyed(p256.publicKey, sign('sha256', Buffer.from('another pod'), p256.privateKey)), [
      'spec.proofOfPossession: Invalid value: could not verify proof-of-possession signature',
    ]);
    assert.deepEqual(keyed(weak.publicKey, Buffer.from('a')), [
      'spec.pkixPublicKey: elliptic public keys must use curve P256 or P384',
    ]);
    const nothing = { pkixPublicKey: 'AA==', proofOfPossession: 'AA==', podUID } as PodCertificateRequest['spec'];
    assert.deepEqual(texts(podCertificateKeyProblems(nothing)), [
      'spec.pkixPublicKey: must be a valid PKIX-serialized public key',
    ]);
  });

  test('or bring a request that is signed', async () => {
    const pem = await createSigningRequest(authority.privateKey, { commonName: 'pod' });
    const der = Buffer.from(pem.replace(/-----.*-----|\s/g, ''), 'base64');
    const check = (stub: Buffer) =>
      texts(podCertificateKeyProblems({ stubPKCS10Request: stub.toString('base64') } as PodCertificateRequest['spec']));
    assert.deepEqual(check(der), []);
    assert.deepEqual(check(Buffer.from('no')), ['spec.stubPKCS10Request: must be a valid PKCS#10 CSR']);
    const forged = Buffer.from(der);
    forged.writeUInt8((forged.at(-1) ?? 0) ^ 1, forged.length - 1);
    assert.deepEqual(check(forged), ['spec.stubPKCS10Request: Invalid value: invalid signature']);
  });

  test('are answered once, with a certificate for their key and its times', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const issue = (key: KeyObject, hours: number) =>
      signCertificate(authority, key, {
        commonName: 'pod',
        notBefore,
        notAfter: notBefore + hours * hour,
        usages: ['client auth'],
        dnsNames: ['pod.example.com'],
      });
    const request = (status: object): PodCertificateRequest =>
      ({
        metadata: { name: 'r' },
        spec: { pkixPublicKey: spki(publicKey), podUID, maxExpirationSeconds: 7200 },
        status,
      }) as unknown as PodCertificateRequest;
    const lastTransitionTime = '2026-01-01T00:00:00Z';
    const conditions = (type: string) => [{ type, status: 'True', reason: 'R', message: '', lastTransitionTime }];
    const time = (hours: number) => new Date(notBefore + hours * hour).toISOString().replace('.000', '');
    const issued = {
      conditions: conditions('Issued'),
      certificateChain: await issue(publicKey, 2),
      notBefore: time(0),
      beginRefreshAt: time(1),
      notAfter: time(2),
    };
    const check = (status: object, old: object = {}, now = notBefore) =>
      texts(podCertificateStatusProblems(request(status), request(old), now));
    assert.deepEqual(check(issued), []);
    assert.deepEqual(check({}, issued), [
      'status: Invalid value: immutable after PodCertificateRequest is issued, denied, or failed',
    ]);
    assert.deepEqual(check({ notAfter: time(2) }), [
      'status: Invalid value: status is immutable unless transitioning to "Issued", "Denied", or "Failed"',
    ]);
    assert.deepEqual(check({ ...issued, conditions: conditions('Denied') }), [
      'status: Invalid value: non-condition status fields must be empty when denying or failing the PodCertificateRequest',
    ]);
    assert.deepEqual(
      check({ conditions: [...conditions('Denied'), ...conditions('Failed'), ...conditions('Other')] }),
      [
        'status.conditions.[1].type: There may be at most one condition with type "Issued", "Denied", or "Failed"',
        'status.conditions.[2].type: Unsupported value: "Other": supported values: "Issued", "Denied", "Failed"',
      ],
    );
    const foreign = await issue(createPublicKey(authority.privateKey), 2);
    const chain = 'status.certificateChain';
    assert.deepEqual(check({ ...issued, certificateChain: foreign }), [
      `${chain}: leaf certificate was not issued to the requested public key`,
    ]);
    assert.deepEqual(check({ conditions: issued.conditions, certificateChain: issued.certificateChain }), [
      'status.notBefore: Required value: must be present and consistent with the issued certificate',
      'status.notAfter: Required value: must be present and consistent with the issued certificate',
      'status.beginRefreshAt: Required value: must be present and in the range [notbefore+10min, notafter-10min]',
    ]);
    assert.deepEqual(check(issued, {}, notBefore + hour), [
      "status.notBefore: must be set to within 5 minutes of kube-apiserver's current time",
    ]);
    const long = { ...issued, certificateChain: await issue(publicKey, 3), notAfter: time(3) };
    assert.deepEqual(check(long), [
      `${chain}: Invalid value: ${3 * hour}: leaf certificate lifetime must be <= spec.maxExpirationSeconds (7200)`,
    ]);
    assert.deepEqual(check({ ...issued, beginRefreshAt: time(2) }), [
      'status.beginRefreshAt: must be at least 10 minutes before status.notAfter',
    ]);
  });
});
