import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import {
  CoreV1Api,
  KubeConfig,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1ConfigMap,
} from '@kubernetes/client-node';
import { apiServerFlags, builtInResources, completeConfig, startConfiguredServer } from '@typernetes/apiserver';
import { systemClock } from '@typernetes/base';
import { silentLogger } from '@typernetes/base/testing';
import { createAuthority, createLeaf, newPrivateKey } from '@typernetes/pki';
import { parseFlags } from '@typernetes/process';
import { MemoryStore } from '@typernetes/store';
import { eventually } from './api.ts';

const hour = 3_600_000;
const base64 = (pem: string): string => Buffer.from(pem).toString('base64');

/** Runs with the JavaScript client of the Kubernetes project, connected as an administrator over TLS on loopback. */
async function withSecondClient(run: (config: KubeConfig) => Promise<void>): Promise<void> {
  const validity = { notBefore: systemClock.now() - hour, notAfter: systemClock.now() + hour };
  const ca = await createAuthority({ commonName: 'kubernetes', ...validity });
  const serving = await createLeaf(ca, {
    commonName: 'kube-apiserver',
    ipAddresses: ['127.0.0.1'],
    usages: ['digital signature', 'server auth'],
    ...validity,
  });
  const admin = await createLeaf(ca, {
    commonName: 'admin',
    organizations: ['system:masters'],
    usages: ['digital signature', 'client auth'],
    ...validity,
  });
  const signingKey = await newPrivateKey();
  const { flags } = parseFlags(apiServerFlags, [
    '--storage-backend=memory',
    '--authorization-mode=Node,RBAC',
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    '--service-cluster-ip-range=10.96.0.0/12',
  ]);
  const tls = { cert: serving.certificate, key: serving.privateKey, clientCa: ca.certificate };
  const store = new MemoryStore();
  const server = await startConfiguredServer({
    config: completeConfig(flags, { defaultAddress: () => '192.0.2.10' }),
    material: {
      tls,
      clientCa: ca.certificate,
      requestHeaderCa: undefined,
      serviceAccountKeys: [createPublicKey(signingKey)],
      serviceAccountSigningKey: signingKey,
      kubeletClient: undefined,
    },
    resources: builtInResources,
    store,
    log: silentLogger,
  });
  try {
    const { port } = await server.listen({ host: '127.0.0.1', port: 0, material: tls });
    const config = new KubeConfig();
    config.loadFromClusterAndUser(
      { name: 'c', server: `https://127.0.0.1:${port}`, caData: base64(ca.certificate), skipTLSVerify: false },
      { name: 'admin', certData: base64(admin.certificate), keyData: base64(admin.privateKey) },
    );
    await run(config);
  } finally {
    await server.close();
    await store.close();
  }
}

test("the Kubernetes project's JavaScript client reads, writes and follows objects", () =>
  withSecondClient(async (config) => {
    const api = config.makeApiClient(CoreV1Api);
    const namespace = 'default';
    const seen: string[] = [];
    const informer = makeInformer<V1ConfigMap>(config, `/api/v1/namespaces/${namespace}/configmaps`, () =>
      api.listNamespacedConfigMap({ namespace }),
    );
    for (const event of ['add', 'update', 'delete'] as const)
      informer.on(event, (map) => seen.push(`${event} ${map.metadata?.name}`));
    await informer.start();
    try {
      await api.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'a' }, data: { k: '1' } } });
      const created = await api.readNamespacedConfigMap({ namespace, name: 'a' });
      assert.ok(created.metadata?.creationTimestamp instanceof Date);
      await api.replaceNamespacedConfigMap({ namespace, name: 'a', body: { ...created, data: { k: '2' } } });
      const patched = await api.patchNamespacedConfigMap(
        { namespace, name: 'a', body: { data: { l: 'x' } } },
        setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
      );
      assert.deepEqual(patched.data, { k: '2', l: 'x' });
      await assert.rejects(api.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'a' } } }), /409/);
      await api.deleteNamespacedConfigMap({ namespace, name: 'a' });
      await eventually(async () => seen.includes('delete a') || undefined);
      assert.deepEqual(seen, ['add a', 'update a', 'update a', 'delete a']);
    } finally {
      await informer.stop();
    }
  }));
