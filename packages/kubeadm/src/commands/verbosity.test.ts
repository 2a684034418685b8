import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeCluster, FakeHost, runOn } from '../testing/index.ts';

/** klog's header, without which the lines are upstream's. */
const header = /^I\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ ([a-z]+\.go):\d+\] /;

const logged = async (host: FakeHost, ...args: string[]): Promise<string[]> => {
  const { code, err } = await runOn(host, new FakeCluster(), args);
  assert.equal(code, 0, err);
  return err.split('\n').filter((line) => header.test(line));
};
const texts = (lines: readonly string[]): string[] => lines.map((line) => line.replace(header, '$1 '));

test('init says with -v=1 what it does, step by step, in the form of klog', async () => {
  const lines = await logged(new FakeHost(), 'init', '--dry-run', '--v=1');
  const [first] = lines;
  assert.match(
    first ?? '',
    / initconfiguration\.go:123\] detected and using CRI socket: unix:\/\/\/var\/run\/containerd/,
  );
  const said = texts(lines);
  for (const line of [
    'checks.go validating availability of port 6443',
    'checks.go validating the existence of file /etc/kubernetes/manifests/kube-apiserver.yaml',
    'checks.go validating the container runtime',
    'certs.go creating a new certificate authority for ca',
    'kubeconfig.go creating kubeconfig file for admin.conf',
    'manifests.go [control-plane] adding volume "k8s-certs" for component "kube-apiserver"',
    'manifests.go [control-plane] wrote static Pod manifest for component "kube-apiserver" to "/etc/kubernetes/manifests/kube-apiserver.yaml"',
    'waitcontrolplane.go [wait-control-plane] Waiting for the API server to be healthy',
    'uploadconfig.go [upload-config] Uploading the kubeadm ClusterConfiguration to a ConfigMap',
    'clusterinfo.go [bootstrap-token] creating/updating ConfigMap in kube-public namespace',
  ])
    assert.ok(said.includes(line), `${line} is not in\n${said.join('\n')}`);
});

test('it says more with -v=5, and nothing without -v or with -v=0', async () => {
  const few = await logged(new FakeHost(), 'init', 'phase', 'certs', 'ca', '-v', '1');
  const more = await logged(new FakeHost(), 'init', 'phase', 'certs', 'ca', '-v=5');
  assert.ok(texts(more).some((line) => line.startsWith('interface.go Found active IP ')));
  assert.ok(!texts(few).some((line) => line.startsWith('interface.go ')));
  assert.deepEqual(await logged(new FakeHost(), 'init', 'phase', 'certs', 'ca'), []);
  assert.deepEqual(await logged(new FakeHost(), 'init', 'phase', 'certs', 'ca', '-v', '0'), []);
  const { err } = await runOn(new FakeHost(), new FakeCluster(), [
    'init',
    'phase',
    'certs',
    'ca',
    '-v1',
    '--skip-headers',
  ]);
  assert.match(err, /^detected and using CRI socket: \S+\ncreating a new certificate authority for ca\n$/);
});

test('reset says whether there is a kubeconfig, and what it looks for', async () => {
  assert.deepEqual(texts(await logged(new FakeHost(), 'reset', '--force', '-v=1')), [
    'reset.go [reset] Could not obtain a client set from the kubeconfig file: /etc/kubernetes/admin.conf',
    'reset.go [reset] Detected and using CRI socket: unix:///var/run/containerd/containerd.sock',
    'removeetcdmember.go [reset] Checking for etcd config',
    'cleanupnode.go [reset] Getting init system',
    'cleanupnode.go [reset] Removing Kubernetes-managed containers',
  ]);
  const host = new FakeHost({ files: { '/etc/kubernetes/admin.conf': 'apiVersion: v1\nkind: Config\n' } });
  const [first] = texts(await logged(host, 'reset', '--force', '-v=1', '--cri-socket', 'unix:///run/x.sock'));
  assert.equal(first, 'reset.go [reset] Loaded client set from kubeconfig file: /etc/kubernetes/admin.conf');
});

test('join says why it asks for cluster-info again', async () => {
  let asked = 0;
  const host = new FakeHost({
    get: async (url) => {
      if (url.includes('cluster-info') && ++asked <= 2)
        throw new Error('dial tcp 10.0.0.2:6443: connect: connection refused');
      return { status: 404, body: '{"message":"no cluster-info"}' };
    },
  });
  const token = ['--token', 'abcdef.0123456789abcdef', '--discovery-token-unsafe-skip-ca-verification'];
  const { code, err } = await runOn(host, new FakeCluster(), ['join', '10.0.0.2:6443', ...token, '-v=1']);
  assert.equal(code, 1);
  const said = texts(err.split('\n').filter((line) => header.test(line)));
  const start = said.indexOf('join.go [preflight] Discovering cluster-info');
  assert.deepEqual(said.slice(start, start + 4), [
    'join.go [preflight] Discovering cluster-info',
    'token.go [discovery] Created cluster-info discovery client, requesting info from "10.0.0.2:6443"',
    'token.go [discovery] Failed to request cluster-info, will try again: dial tcp 10.0.0.2:6443: connect: connection refused',
    'token.go [discovery] Failed to request cluster-info, will try again: dial tcp 10.0.0.2:6443: connect: connection refused',
  ]);
  assert.equal(said[0], 'join.go [preflight] found NodeName empty; using OS hostname as NodeName');
});
