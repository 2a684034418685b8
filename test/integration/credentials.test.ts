import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { type CertificateSigningRequest, certificatesigningrequests } from '@typernetes/api/certificates/v1';
import { type ConfigMap, configmaps, namespaces, type Secret, secrets, serviceaccounts } from '@typernetes/api/core/v1';
import { clusterrolebindings } from '@typernetes/api/rbac/v1';
import { findCondition, isNotFound } from '@typernetes/machinery';
import {
  createAuthority,
  createSigningRequest,
  decodeJwt,
  newPrivateKey,
  privateKeyPem,
  verifyDetached,
} from '@typernetes/pki';
import { eventually, withApi } from './api.ts';
import { untilFound } from './cluster.ts';
import { beside, controllers } from './control-plane.ts';
import { TravelClock } from './travel-clock.ts';

const encode = (text: string): string => Buffer.from(text).toString('base64');

test("a kubelet's signing request is approved, signed, and deleted after a while", () =>
  withApi(async (client) => {
    const clock = new TravelClock();
    const validity = { notBefore: clock.now() - 3_600_000, notAfter: clock.now() + 365 * 86_400_000 };
    const clusterSigner = await createAuthority({ commonName: 'kubernetes', ...validity });
    const requests = client.resource<CertificateSigningRequest>(certificatesigningrequests);
    await beside([controllers(client, { clock, settings: { clusterSigner } })], async () => {
      await client.resource(clusterrolebindings).create({
        metadata: { name: 'approve-first-certificates' },
        roleRef: {
          apiGroup: 'rbac.authorization.k8s.io',
          kind: 'ClusterRole',
          name: 'system:certificates.k8s.io:certificatesigningrequests:nodeclient',
        },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:authenticated' }],
      });
      const subject = { commonName: 'system:node:node-1', organizations: ['system:nodes'] };
      const request = encode(await createSigningRequest(privateKeyPem(await newPrivateKey()), subject));
      const spec = {
        request,
        signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
        usages: ['digital signature', 'client auth'],
      };
      await requests.create({ metadata: { name: 'node-1' }, spec });
      const signed = await eventually(async () => {
        const csr = await requests.get({ name: 'node-1' });
        return csr.status?.certificate ? csr : undefined;
      });
      assert.equal(findCondition(signed.status?.conditions, 'Approved')?.reason, 'AutoApproved');
      const certificate = new X509Certificate(Buffer.from(signed.status?.certificate ?? '', 'base64'));
      assert.equal(certificate.subject, 'O=system:nodes\nCN=system:node:node-1');
      assert.ok(certificate.verify(new X509Certificate(clusterSigner.certificate).publicKey));
      clock.skip(3_700_000);
      await eventually(() => requests.get({ name: 'node-1' }).then(() => undefined, isNotFound));
    });
  }));

test('bootstrap tokens sign the cluster information and are deleted when they expire', () =>
  withApi(async (client) => {
    const clock = new TravelClock();
    const maps = client.resource<ConfigMap>(configmaps);
    const secretClient = client.resource<Secret>(secrets);
    await beside([controllers(client, { clock })], async () => {
      const info = { namespace: 'kube-public', name: 'cluster-info' };
      await maps.create({ metadata: info, data: { kubeconfig: 'K' } });
      const token = { id: 'abcdef', secret: '0123456789abcdef' };
      const ref = { namespace: 'kube-system', name: 'bootstrap-token-abcdef' };
      const fields = {
        'token-id': token.id,
        'token-secret': token.secret,
        'usage-bootstrap-signing': 'true',
        expiration: new Date(clock.now() + 3_600_000).toISOString(),
      };
      const data = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, encode(value)]));
      await secretClient.create({ metadata: ref, type: 'bootstrap.kubernetes.io/token', data });
      const signature = await eventually(async () => (await maps.get(info)).data?.['jws-kubeconfig-abcdef']);
      assert.ok(verifyDetached('K', signature, token));
      clock.skip(3_700_000);
      await eventually(() => secretClient.get(ref).then(() => undefined, isNotFound));
      await eventually(async () => {
        const kept = await maps.get(info);
        return kept.data?.['jws-kubeconfig-abcdef'] === undefined || undefined;
      });
    });
  }));

test('each namespace gets its account and the root certificate; token Secrets are filled, and deleted with their account', () =>
  withApi(async (client) => {
    const serviceAccountPrivateKey = privateKeyPem(await newPrivateKey());
    const accounts = client.resource(serviceaccounts);
    const secretClient = client.resource<Secret>(secrets);
    const namespace = 'shop';
    await beside([controllers(client, { settings: { serviceAccountPrivateKey, rootCa: 'ROOT' } })], async () => {
      await client.resource(namespaces).create({ metadata: { name: namespace }, spec: {} });
      const account = await untilFound(() => accounts.get({ namespace, name: 'default' }));
      const root = { namespace, name: 'kube-root-ca.crt' };
      const maps = client.resource<ConfigMap>(configmaps);
      assert.deepEqual((await untilFound(() => maps.get(root))).data, { 'ca.crt': 'ROOT' });
      await maps.delete(root);
      await untilFound(() => maps.get(root));

      const ref = { namespace, name: 'robot' };
      const annotations = { 'kubernetes.io/service-account.name': 'default' };
      const draft = { metadata: { ...ref, annotations }, type: 'kubernetes.io/service-account-token' };
      await secretClient.create(draft);
      const filled = await eventually(async () => {
        const secret = await secretClient.get(ref);
        return secret.data?.token ? secret : undefined;
      });
      const text = Buffer.from(filled.data?.token ?? '', 'base64').toString();
      assert.equal(decodeJwt(text)?.claims.sub, 'system:serviceaccount:shop:default');
      assert.equal(filled.metadata.annotations?.['kubernetes.io/service-account.uid'], account.metadata.uid);
      assert.equal(filled.data?.['ca.crt'], encode('ROOT'));
      await accounts.delete({ namespace, name: 'default' });
      await eventually(() => secretClient.get(ref).then(() => undefined, isNotFound));
    });
  }));
