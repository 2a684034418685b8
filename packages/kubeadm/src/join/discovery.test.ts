import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messagesOf } from '@typernetes/base';
import { FakeClock } from '@typernetes/base/testing';
import { formatKubeconfig } from '@typernetes/client';
import {
  clusterInfoSignatureKey,
  createAuthority,
  publicKeyHash,
  readCertificates,
  signDetached,
} from '@typernetes/pki';
import { discover, verifyClusterInfo } from './discovery.ts';

const ca = await createAuthority({ commonName: 'kubernetes', notBefore: 0, notAfter: Date.UTC(2036, 0) });
const hash = readCertificates(ca.certificate).map(publicKeyHash)[0] ?? '';
const token = { id: 'abcdef', secret: '0123456789abcdef' };
const kubeconfig = formatKubeconfig({
  currentContext: '',
  clusters: {
    '': {
      server: 'https://10.0.0.2:6443',
      'certificate-authority-data': Buffer.from(ca.certificate).toString('base64'),
    },
  },
  users: {},
  contexts: {},
});
const data = { kubeconfig, [clusterInfoSignatureKey(token.id)]: signDetached(kubeconfig, token) };
const text = `${token.id}.${token.secret}`;

test('accepts a signed cluster-info with the pinned CA', () => {
  const cluster = verifyClusterInfo({ data }, { token: text, caCertHashes: [hash] });
  assert.deepEqual(cluster, { server: 'https://10.0.0.2:6443', caCertificate: ca.certificate });
});

test('refuses anything else, with the reason', () => {
  const other = `sha256:${'0'.repeat(64)}`;
  const cases: [Record<string, string>, string, string[], string][] = [
    [
      data,
      'zzzzzz.0123456789abcdef',
      [hash],
      'could not find a JWS signature in the cluster-info ConfigMap for token ID "zzzzzz"',
    ],
    [
      data,
      'abcdef.ffffffffffffffff',
      [hash],
      "failed to verify JWS signature of received cluster info object, can't trust this API Server",
    ],
    [
      data,
      text,
      [other],
      `cluster CA found in cluster-info ConfigMap is invalid: none of the public keys "${hash}" are pinned`,
    ],
    [
      {},
      text,
      [hash],
      "there is no kubeconfig key in the cluster-info ConfigMap. This API Server isn't set up for token bootstrapping, can't connect",
    ],
  ];
  for (const [given, bearer, caCertHashes, message] of cases) {
    assert.throws(() => verifyClusterInfo({ data: given }, { token: bearer, caCertHashes }), { message });
  }
});

test('contacts the server a second time, verified by the discovered CA', async () => {
  const asked: (string | undefined)[] = [];
  const cluster = await discover(
    { kind: 'token', token: text, endpoint: '10.0.0.2:6443', caCertHashes: [hash], unsafeSkipCaVerification: false },
    {
      output: { out: () => {}, err: () => {} },
      clock: new FakeClock(),
      files: { read: async () => undefined },
      network: {
        get: async (url, options) => {
          assert.equal(url, 'https://10.0.0.2:6443/api/v1/namespaces/kube-public/configmaps/cluster-info?timeout=10s');
          asked.push(options?.ca);
          return { status: 200, body: JSON.stringify({ data }) };
        },
      },
    },
    { timeoutMs: 0, signal: new AbortController().signal },
  );
  assert.equal(cluster.server, 'https://10.0.0.2:6443');
  assert.deepEqual(asked, [undefined, ca.certificate]);
});

test('of a server that never answers it is said what it was asked', async () => {
  const clock = new FakeClock();
  const discovery = {
    kind: 'token',
    token: text,
    endpoint: '10.0.0.2:6443',
    caCertHashes: [hash],
    unsafeSkipCaVerification: false,
  } as const;
  const discovered = discover(
    discovery,
    {
      output: { out: () => {}, err: () => {} },
      clock,
      files: { read: async () => undefined },
      network: { get: () => new Promise(() => {}) },
    },
    { timeoutMs: 3000, signal: new AbortController().signal },
  );
  const refused = assert.rejects(discovered, (error: Error) => {
    assert.equal(
      messagesOf(error),
      `couldn't validate the identity of the API Server: failed to request the cluster-info ConfigMap: Get "https://10.0.0.2:6443/api/v1/namespaces/kube-public/configmaps/cluster-info?timeout=10s": context deadline exceeded`,
    );
    return true;
  });
  await clock.advance(3000);
  await refused;
});
