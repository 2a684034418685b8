import assert from 'node:assert/strict';
import { test } from 'node:test';
import { version } from '@typernetes/base';
import { olderCluster } from '../testing/index.ts';

const pki = '/etc/kubernetes/pki';
const manifests = '/etc/kubernetes/manifests';
const firstError = (err: string): string | undefined => err.split('\n').find((line) => line.startsWith('error: '));

test('an upgrade whose certificates cannot be renewed puts back what it has exchanged before', async () => {
  const { host, run } = await olderCluster();
  host.texts.set('/etc/kubernetes/scheduler.conf', 'kind: Config');
  const before = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map((component) => {
    const path = `${manifests}/${component}.yaml`;
    return [path, host.texts.get(path)] as const;
  });
  const { code, out, err } = await run('upgrade', 'apply', version, '--yes');
  assert.equal(code, 1);
  assert.equal(
    firstError(err),
    `error: error execution phase control-plane: couldn't upgrade control plane. kubeadm has tried to recover everything into the earlier state. Errors faced: failed to renew certificates for component "kube-scheduler": invalid kubeConfig file /etc/kubernetes/scheduler.conf: missing context `,
  );
  assert.match(out, /Renewing scheduler.conf certificate\n.*Put the old manifest of "kube-controller-manager" back/);
  for (const [path, text] of before) assert.equal(host.texts.get(path), text, path);
});

test('what an external CA has signed is named, and stays', async () => {
  const { host, run } = await olderCluster();
  host.texts.delete(`${pki}/ca.key`);
  const certificate = host.texts.get(`${pki}/apiserver.crt`);
  const { code, out, err } = await run('upgrade', 'apply', version, '--yes');
  assert.equal(code, 0, err);
  assert.ok(
    out.includes(
      "[upgrade/staticpods] Renewing apiserver certificate\n[upgrade/staticpods] External CA detected, apiserver certificate can't be renewed\n",
    ),
    out,
  );
  assert.ok(
    out.includes("[upgrade/staticpods] External CA detected, admin.conf certificate can't be renewed\n"),
    'nothing is said to have been renewed',
  );
  assert.doesNotMatch(out, /Renewed certificate embedded/);
  assert.equal(host.texts.get(`${pki}/apiserver.crt`), certificate);
});

test('each command says in its own words that there is no configuration, or no health', async () => {
  const path = '/api/v1/namespaces/kube-system/configmaps/kubeadm-config';
  for (const [line, message] of [
    [
      'plan',
      '[upgrade/init config] FATAL: the ConfigMap "kubeadm-config" in the "kube-system" namespace was not found',
    ],
    [
      `apply ${version} -y`,
      '[upgrade] FATAL: the ConfigMap "kubeadm-config" in the "kube-system" namespace was not found',
    ],
    [
      'node',
      'unable to fetch the kubeadm-config ConfigMap: failed to get config map: configmaps "kubeadm-config" not found',
    ],
  ] as const) {
    const { cluster, run } = await olderCluster();
    cluster.objects.delete(path);
    assert.equal(firstError((await run('upgrade', ...line.split(' '))).err), `error: ${message}`);
  }
  const { cluster, run } = await olderCluster();
  const node = cluster.objects.get('/api/v1/nodes/master') ?? assert.fail();
  const status = { conditions: [{ type: 'Ready', status: 'False' }] };
  cluster.objects.set('/api/v1/nodes/master', { ...node, status });
  const ill = await run('upgrade', 'plan');
  assert.match(
    ill.err,
    /\[ERROR ControlPlaneNodesReady\]: there are NotReady control-planes in the cluster: \[master\]\n/,
  );
  assert.equal(firstError(ill.err), 'error: [upgrade/health] FATAL: preflight checks failed');
  assert.equal(
    firstError((await run('upgrade', 'apply', version, '-y')).err),
    'error: error execution phase preflight: preflight checks failed',
  );
});

test('an upgrade names the gates of the cluster that go away', async () => {
  const { cluster, run } = await olderCluster();
  const stored = cluster.objects.get('/api/v1/namespaces/kube-system/configmaps/kubeadm-config');
  const data = stored?.data as Record<string, string>;
  data.ClusterConfiguration += 'featureGates: {PublicKeysECDSA: true, NodeLocalCRISocket: true}\n';
  const { code, out, err } = await run('upgrade', 'plan');
  assert.equal(code, 0, err);
  assert.deepEqual(
    out.split('\n').filter((line) => line.startsWith('[upgrade/config] The ')),
    [
      "[upgrade/config] The PublicKeysECDSA feature gate is deprecated and will be removed when v1beta3 is removed. v1beta4 supports a new option 'ClusterConfiguration.EncryptionAlgorithm'.",
    ],
  );
});
