import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createAuthority, createLeaf } from '@typernetes/pki';
import { createMetrics } from '@typernetes/process';
import type { StoredCall } from '../handlers/resource-call.ts';
import { podLogMetrics } from '../observers/pod-log-metrics.ts';
import { type KubeletAccess, podTunnelHandlers } from './pod-handlers.ts';

const validity = { notBefore: Date.UTC(2020, 0), notAfter: Date.UTC(2090, 0) };

test('a client may skip verification of the kubelet for logs, which is counted', async (t) => {
  const [own, other] = [
    await createAuthority({ commonName: 'own', ...validity }),
    await createAuthority({ commonName: 'other', ...validity }),
  ];
  const { certificate: cert, privateKey: key } = await createLeaf(own, {
    commonName: 'kubelet',
    ipAddresses: ['127.0.0.1'],
    usages: ['digital signature', 'server auth'],
    ...validity,
  });
  const server = createServer({ cert, key }, (_request, response) => void response.end('a line\n'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const node = {
    status: {
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port: (server.address() as AddressInfo).port } },
    },
  };
  const pod = { metadata: { name: 'p', namespace: 'n' }, spec: { nodeName: 'a', containers: [{ name: 'c' }] } };
  const metrics = createMetrics();
  const tls = { ca: other.certificate };
  const access = {
    router: { storageOf: () => ({ get: async () => ({ object: node }) }) },
    addressTypes: ['InternalIP'],
    tls: () => tls,
  } as unknown as KubeletAccess;
  const logs = new Map(podTunnelHandlers(access, podLogMetrics(metrics))).get('pods/log');
  const asked = async (query: string): Promise<number | undefined> => {
    const request = {
      ...{ method: 'GET', path: '/log', headers: {}, query: new URLSearchParams(query) },
      signal: new AbortController().signal,
    };
    const storage = { get: async () => ({ object: pod }) };
    const call = { storage, namespace: 'n', name: 'p', context: { request } } as unknown as StoredCall;
    return (await logs?.(call as never))?.status;
  };
  await assert.rejects(asked(''), { message: /x509: certificate signed by unknown authority$/ });
  assert.equal(await asked('insecureSkipTLSVerifyBackend=true'), 200);
  const samples = metrics
    .render()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  assert.deepEqual(samples, [
    'kube_apiserver_pod_logs_backend_tls_failure_total 1',
    'kube_apiserver_pod_logs_insecure_backend_total{usage="enforce_tls"} 1',
    'kube_apiserver_pod_logs_insecure_backend_total{usage="skip_tls_allowed"} 1',
  ]);
});
