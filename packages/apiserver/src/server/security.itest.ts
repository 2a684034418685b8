import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import type { TokenRequest } from '@typernetes/api/authentication/v1';
import {
  configmaps,
  type Namespace,
  type Node,
  namespaces,
  nodes,
  type Pod,
  pods,
  secrets,
  serviceaccounts,
} from '@typernetes/api/core/v1';
import { type ClusterRole, type ClusterRoleBinding, clusterrolebindings, clusterroles } from '@typernetes/api/rbac/v1';
import { priorityclasses } from '@typernetes/api/scheduling/v1';
import { systemClock } from '@typernetes/base';
import { silentLogger } from '@typernetes/base/testing';
import { type ApiClient, httpTransport, restClient } from '@typernetes/client';
import { isForbidden, isNotFound, reasonOf } from '@typernetes/machinery';
import { createAuthority, createLeaf, newPrivateKey } from '@typernetes/pki';
import { parseFlags } from '@typernetes/process';
import { MemoryStore } from '@typernetes/store';
import { completeConfig } from '../options/api-server-config.ts';
import { apiServerFlags } from '../options/flags.ts';
import { builtInResources } from '../registry/resources.ts';
import { startConfiguredServer } from './configured-server.ts';

const hour = 3_600_000;
const validity = { notBefore: systemClock.now() - hour, notAfter: systemClock.now() + hour };
const ca = await createAuthority({ commonName: 'kubernetes', ...validity });
const signingKey = await newPrivateKey();
const serving = await createLeaf(ca, {
  commonName: 'kube-apiserver',
  ipAddresses: ['127.0.0.1'],
  usages: ['digital signature', 'server auth'],
  ...validity,
});

interface Cluster {
  /** A client with a certificate for the user. */
  as(commonName: string, ...organizations: string[]): Promise<ApiClient>;
  withToken(token: string): ApiClient;
  readonly admin: ApiClient;
}

/** A server as kubeadm configures it, on loopback with TLS. */
async function withCluster(run: (cluster: Cluster) => Promise<void>): Promise<void> {
  const args = [
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    '--service-cluster-ip-range=10.96.0.0/12',
    '--enable-bootstrap-token-auth=true',
    '--service-account-signing-key-file=sa.key',
  ];
  const config = completeConfig(parseFlags(apiServerFlags, args).flags, { defaultAddress: () => '192.0.2.10' });
  const tls = { cert: serving.certificate, key: serving.privateKey, clientCa: ca.certificate };
  const store = new MemoryStore();
  const server = await startConfiguredServer({
    config,
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
  const listening = await server.listen({ host: '127.0.0.1', port: 0, material: tls });
  const clients: ApiClient[] = [];
  const connect = (options: { cert?: string; key?: string; token?: string }): ApiClient => {
    const { token, ...shown } = options;
    const transport = httpTransport({
      server: `https://127.0.0.1:${listening.port}`,
      tls: { ca: ca.certificate, ...shown },
      ...(token ? { token } : {}),
    });
    const client = restClient(transport);
    clients.push(client);
    return client;
  };
  const as = async (commonName: string, ...organizations: string[]): Promise<ApiClient> => {
    const leaf = await createLeaf(ca, { commonName, organizations, usages: ['client auth'], ...validity });
    return connect({ cert: leaf.certificate, key: leaf.privateKey });
  };
  try {
    await run({ as, withToken: (token) => connect({ token }), admin: await as('kubernetes-admin', 'system:masters') });
  } finally {
    for (const client of clients) client.transport.close();
    await server.close();
    await store.close();
  }
}

const podIn = (name: string, nodeName: string): Pod =>
  ({
    metadata: { name, namespace: 'default' },
    spec: {
      nodeName,
      containers: [
        { name: 'c', image: 'nginx', env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'mine', key: 'k' } } }] },
      ],
    },
  }) as Pod;

test('certificates, roles, service accounts and nodes work as upstream', async () => {
  await withCluster(async ({ as, withToken, admin }) => {
    const jane = await as('jane');
    await assert.rejects(jane.resource(pods).list({ namespace: 'default' }), {
      reason: 'Forbidden',
      message: 'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"',
    });
    await admin.resource(clusterrolebindings).create({
      metadata: { name: 'viewers' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jane' }],
    } as ClusterRoleBinding);
    assert.deepEqual((await jane.resource(pods).list({ namespace: 'default' })).items, []);
    const greedy = { metadata: { name: 'all' }, rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] };
    await assert.rejects(jane.resource(clusterroles).create(greedy as ClusterRole), isForbidden);

    await assert.rejects(
      admin.resource(pods).create(podIn('web', '')),
      /error looking up service account default\/default/,
    );
    const account = await admin
      .resource(serviceaccounts)
      .create({ metadata: { name: 'default', namespace: 'default' } });
    const pod = await admin.resource(pods).create(podIn('web', 'n1'));
    assert.equal(pod.spec.serviceAccountName, 'default');
    assert.match(pod.spec.volumes?.[0]?.name ?? '', /^kube-api-access-[a-z0-9]{5}$/);
    assert.equal(pod.spec.tolerations?.length, 2);

    const { status } = await admin
      .resource(serviceaccounts)
      .createSubresource<TokenRequest>({ namespace: 'default', name: 'default' }, 'token', {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'web', uid: pod.metadata.uid } },
      });
    const workload = withToken(status?.token ?? '');
    const self = await workload.json<{ status: { userInfo: { username: string; uid: string } } }>(
      'POST',
      '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
    );
    assert.deepEqual(
      [self.status.userInfo.username, self.status.userInfo.uid],
      ['system:serviceaccount:default:default', account.metadata.uid],
    );
    await assert.rejects(workload.resource(pods).list({ namespace: 'default' }), isForbidden);

    const kubelet = await as('system:node:n1', 'system:nodes');
    await kubelet.resource(nodes).create({ metadata: { name: 'n1' } } as Node);
    await assert.rejects(
      kubelet.resource(nodes).create({ metadata: { name: 'n2' } } as Node),
      /node "n1" is not allowed to modify node "n2"/,
    );
    for (const name of ['mine', 'other'])
      await admin.resource(secrets).create({ metadata: { name, namespace: 'default' } });
    assert.equal((await kubelet.resource(secrets).get({ namespace: 'default', name: 'mine' })).metadata.name, 'mine');
    await assert.rejects(
      kubelet.resource(secrets).get({ namespace: 'default', name: 'other' }),
      /no relationship found between node 'n1' and this object/,
    );
    assert.equal((await kubelet.resource(pods).list({ fieldSelector: 'spec.nodeName=n1' })).items.length, 1);
    await assert.rejects(kubelet.resource(pods).list(), /can only list\/watch pods with spec.nodeName field selector/);
    await admin.resource(pods).delete({ namespace: 'default', name: 'web' }, { gracePeriodSeconds: 0 });
    await assert.rejects(workload.json('GET', '/version'), (error) => reasonOf(error) === 'Unauthorized');
  });
});

test('a joining machine uses its bootstrap token, others get nothing', async () => {
  await withCluster(async ({ withToken, admin }) => {
    const text = (value: string): string => Buffer.from(value).toString('base64');
    const data = {
      'token-id': text('07401b'),
      'token-secret': text('f395accd246ae52d'),
      'usage-bootstrap-authentication': text('true'),
    };
    await admin.resource(secrets).create({
      metadata: { name: 'bootstrap-token-07401b', namespace: 'kube-system' },
      type: 'bootstrap.kubernetes.io/token',
      data,
    });
    const machine = withToken('07401b.f395accd246ae52d');
    await assert.rejects(machine.resource(nodes).list(), /User "system:bootstrap:07401b" cannot list resource "nodes"/);
    await assert.rejects(
      withToken('07401b.0000000000000000').resource(nodes).list(),
      (error) => reasonOf(error) === 'Unauthorized',
    );
    await assert.rejects(
      withToken('').resource(nodes).list(),
      /User "system:anonymous" cannot list resource "nodes" in API group "" at the cluster scope/,
    );
    await assert.rejects(
      admin.resource(namespaces).delete({ name: 'default' }),
      /namespaces "default" is forbidden: this namespace may not be deleted/,
    );
    await assert.rejects(admin.resource(secrets).create({ metadata: { name: 'a', namespace: 'nowhere' } }), isNotFound);
    await admin.resource(namespaces).create({ metadata: { name: 'dev' } } as Namespace);
    assert.equal((await admin.resource(priorityclasses).get({ name: 'system-node-critical' })).value, 2_000_001_000);
  });
});

test('extension servers learn which CAs to trust, and since when legacy tokens are tracked', async () => {
  await withCluster(async ({ admin }) => {
    const maps = admin.resource(configmaps);
    const namespace = 'kube-system';
    const published = await maps.get({ namespace, name: 'extension-apiserver-authentication' });
    assert.deepEqual(published.data, { 'client-ca-file': ca.certificate });
    const tracking = await maps.get({ namespace, name: 'kube-apiserver-legacy-service-account-token-tracking' });
    assert.match(tracking.data?.since ?? '', /^\d{4}-\d\d-\d\d$/);
  });
});
