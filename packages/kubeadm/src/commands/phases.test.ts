import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterInfoSignatureKey, signDetached } from '@typernetes/pki';
import { etcdClientUrlsAnnotation } from '../etcd/etcd-urls.ts';
import { FakeCluster, FakeEtcd, FakeHost, fakeKubelet, golden, phaseByPhase, runOn } from '../testing/index.ts';

const info = '/api/v1/namespaces/kube-public/configmaps/cluster-info';
const endpoint = '10.0.0.100:6443';

const emptyCluster = (): FakeCluster =>
  new FakeCluster({
    '/version': { gitVersion: 'v1.36.2' },
    '/api/v1/namespaces/kube-system': { metadata: { name: 'kube-system' } },
    '/api/v1/namespaces/kube-public': { metadata: { name: 'kube-public' } },
    '/api/v1/nodes/master': {
      metadata: { name: 'master', resourceVersion: '1', labels: { 'node-role.kubernetes.io/control-plane': '' } },
      spec: {},
      status: { conditions: [{ type: 'Ready', status: 'True' }], nodeInfo: { kubeletVersion: 'v1.36.2' } },
    },
  });

const config = `apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
certificateKey: "${'0'.repeat(64)}"
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
controlPlaneEndpoint: ${endpoint}
`;

/** A first control plane, set up phase by phase. */
async function first(): Promise<{ host: FakeHost; cluster: FakeCluster; shown: string }> {
  const cluster = emptyCluster();
  const host = new FakeHost({
    files: { '/c.yaml': config },
    onWrite: fakeKubelet(cluster, { node: 'master' }),
    post: () => ({ status: 200, body: JSON.stringify({ members: [{ ID: '1', name: 'master', peerURLs: [] }] }) }),
  });
  const args = (phase: string): string[] => [
    '--config=/c.yaml',
    ...(phase === 'upload-certs' ? ['--upload-certs'] : []),
  ];
  const shown = await phaseByPhase({ command: 'init', args }, { host, cluster });
  return { host, cluster, shown };
}

test('each phase of init prints its own output, and all phases together do what init does', async () => {
  const { host, shown } = await first();
  golden('init-phases.txt', shown);
  const whole = new FakeHost({ files: { '/c.yaml': config } });
  const ran = await runOn(whole, emptyCluster(), ['init', '--config=/c.yaml', '--upload-certs']);
  assert.equal(ran.code, 0, ran.err);
  assert.deepEqual(host.written, whole.written);
});

test('each phase of join and of reset prints its own output', async () => {
  const { cluster } = await first();
  cluster.objects.set('/api/v1/namespaces/kube-system/pods/etcd-master', {
    metadata: {
      name: 'etcd-master',
      labels: { component: 'etcd', tier: 'control-plane' },
      annotations: { [etcdClientUrlsAnnotation]: 'https://10.0.0.2:2379' },
    },
  });
  const { data } = cluster.objects.get(info) as unknown as { data: Record<string, string> };
  const token = { id: 'abcdef', secret: '0123456789abcdef' };
  data[clusterInfoSignatureKey(token.id)] = signDetached(data.kubeconfig ?? '', token);
  const etcd = new FakeEtcd({ name: 'master', peerUrl: 'https://10.0.0.2:2380' });
  const host: FakeHost = new FakeHost({
    address: '10.0.0.3',
    hostName: 'other',
    post: etcd.post,
    // The kubelet gets its certificate once it has a bootstrap kubeconfig.
    onWrite: (path, text) => {
      if (path !== '/etc/kubernetes/bootstrap-kubelet.conf') return;
      host.texts.set('/etc/kubernetes/kubelet.conf', text);
      cluster.objects.set('/api/v1/nodes/other', { metadata: { name: 'other', resourceVersion: '1' }, spec: {} });
    },
    get: async (url) => ({
      status: 200,
      body: url.includes('/cluster-info') ? JSON.stringify(cluster.objects.get(info)) : 'ok',
    }),
  });
  const discovery = ['--token=abcdef.0123456789abcdef', '--discovery-token-unsafe-skip-ca-verification'];
  const key = `--certificate-key=${'0'.repeat(64)}`;
  const taken = ['preflight', 'control-plane-prepare download-certs', 'control-plane-prepare kubeconfig'];
  // Phases after the start of the kubelet use admin.conf.
  const otherwise = ['etcd-join', 'control-plane-join mark-control-plane', 'wait-control-plane'];
  const args = (phase: string): string[] => {
    if (phase === 'kubelet-wait-bootstrap') return [];
    if (phase === 'control-plane-prepare control-plane' || otherwise.includes(phase)) return ['--control-plane'];
    return [endpoint, '--control-plane', ...discovery, ...(taken.includes(phase) ? [key] : [])];
  };
  golden('join-phases.txt', await phaseByPhase({ command: 'join', args }, { host, cluster }));
  const force = (phase: string): string[] => (phase === 'preflight' ? ['--force'] : []);
  golden('reset-phases.txt', await phaseByPhase({ command: 'reset', args: force }, { host, cluster }));
  assert.deepEqual(
    host.written.filter((path) => path.startsWith('/etc/kubernetes/')),
    [],
  );
});

test('reports a kubelet that does not come up, or gets no certificate, with the end of its log and the phase', async () => {
  const { cluster } = await first();
  const { data } = cluster.objects.get(info) as unknown as { data: Record<string, string> };
  const token = { id: 'abcdef', secret: '0123456789abcdef' };
  data[clusterInfoSignatureKey(token.id)] = signDetached(data.kubeconfig ?? '', token);
  const text = `apiVersion: kubeadm.k8s.io/v1beta4
kind: JoinConfiguration
discovery: {bootstrapToken: {apiServerEndpoint: "${endpoint}", token: abcdef.0123456789abcdef, unsafeSkipCAVerification: true}}
timeouts: {kubeletHealthCheck: 1s, tlsBootstrap: 2s}
`;
  const join = (healthz: number): ReturnType<typeof runOn> =>
    runOn(
      new FakeHost({
        hostName: 'worker',
        files: { '/c.yaml': text, '/var/log/kubelet.log': 'E0101 run.go:72] "command failed" err="no such flag"\n' },
        get: async (url) => {
          if (url.includes('/cluster-info')) return { status: 200, body: JSON.stringify(cluster.objects.get(info)) };
          return { status: url.endsWith('healthz') ? healthz : 200, body: 'not yet' };
        },
      }),
      cluster,
      ['join', '--config=/c.yaml'],
    );
  const sick = await join(500);
  assert.equal(sick.code, 1);
  assert.match(sick.out, /\[kubelet-check\] The kubelet is not healthy after 1/);
  assert.match(sick.err, /\nThe kubelet's last words:\n\tE0101 run.go:72\] "command failed" err="no such flag"\n/);
  assert.match(
    sick.err,
    /\nerror: error execution phase kubelet-wait-bootstrap: failed while waiting for the kubelet to start: The HTTP call equal to 'curl -sSL http:\/\/127.0.0.1:10248\/healthz' returned error: the kubelet answers 500: not yet\n/,
  );
  const unknown = await join(200);
  assert.equal(unknown.code, 1);
  assert.match(unknown.err, /\nThe kubelet's last words:\n\tE0101/);
  assert.match(
    unknown.err,
    /\nerror: error execution phase kubelet-wait-bootstrap: failed while waiting for TLS bootstrap: the kubelet has not written \/etc\/kubernetes\/kubelet.conf within 2s: timed out waiting for the condition\n/,
  );
});
