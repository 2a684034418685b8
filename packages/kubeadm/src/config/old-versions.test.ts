import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeCluster, FakeHost, golden, runOn } from '../testing/index.ts';

const files: Readonly<Record<string, string>> = {
  'v1alpha1 master': `apiVersion: kubeadm.k8s.io/v1alpha1
kind: MasterConfiguration
api: {advertiseAddress: 10.1.1.1, controlPlaneEndpoint: "10.1.1.9:6443"}
etcd: {dataDir: /data}
kubernetesVersion: stable-1.11
token: abcdef.0123456789abcdef
noTaintMaster: true
criSocket: /run/containerd/containerd.sock
apiServerExtraArgs: {anonymous-auth: false}
apiServerExtraVolumes: [{name: a, hostPath: /a, mountPath: /a, writable: true}]
auditPolicy: {path: /x}
`,
  'v1alpha1 node': `apiVersion: kubeadm.k8s.io/v1alpha1
kind: NodeConfiguration
token: abcdef.0123456789abcdef
discoveryTokenAPIServers: ["10.1.1.1:6443"]
discoveryTokenUnsafeSkipCAVerification: true
nodeName: worker
`,
  'v1alpha2 master': `apiVersion: kubeadm.k8s.io/v1alpha2
kind: MasterConfiguration
api: {advertiseAddress: 10.1.1.1, bindPort: 6444}
bootstrapTokens: [{token: abcdef.0123456789abcdef, ttl: 1h0m0s}]
nodeRegistration: {name: one, kubeletExtraArgs: {v: "4"}, taints: []}
etcd: {external: {endpoints: ["https://10.1.1.5:2379"], caFile: /ca}}
kubeProxy: {config: {mode: iptables}}
controllerManagerExtraArgs: {node-monitor-grace-period: 10s}
`,
  v1alpha3: `apiVersion: kubeadm.k8s.io/v1alpha3
kind: InitConfiguration
apiEndpoint: {advertiseAddress: 10.1.1.1}
---
apiVersion: kubeadm.k8s.io/v1alpha3
kind: ClusterConfiguration
controlPlaneEndpoint: lb:6443
networking: {podSubnet: 10.2.0.0/16}
apiServerCertSANs: [lb]
schedulerExtraArgs: {v: 3}
`,
  'v1alpha3 join': `apiVersion: kubeadm.k8s.io/v1alpha3
kind: JoinConfiguration
token: abcdef.0123456789abcdef
discoveryTokenAPIServers: ["10.1.1.1:6443"]
discoveryTokenUnsafeSkipCAVerification: true
controlPlane: true
apiEndpoint: {advertiseAddress: 10.1.1.2}
`,
  v1beta1: `apiVersion: kubeadm.k8s.io/v1beta1
kind: ClusterConfiguration
dns: {type: kube-dns}
useHyperKubeImage: true
apiServer: {extraArgs: {a: b}, timeoutForControlPlane: 4m0s}
`,
  v1beta2: `apiVersion: kubeadm.k8s.io/v1beta2
kind: InitConfiguration
certificateKey: "${'0'.repeat(64)}"
nodeRegistration: {ignorePreflightErrors: [Swap]}
`,
};

test('every version since v1alpha1 migrates to v1beta4, with warnings about dropped fields', async () => {
  let shown = '';
  for (const [name, text] of Object.entries(files)) {
    const host = new FakeHost({ files: { '/old.yaml': text } });
    const { code, out, err } = await runOn(host, new FakeCluster(), ['config', 'migrate', '--old-config=/old.yaml']);
    assert.equal(code, 0, err);
    shown += `#### ${name}\n${err}${out}`;
    const again = new FakeHost({ files: { '/new.yaml': out } });
    const valid = await runOn(again, new FakeCluster(), ['config', 'validate', '--config=/new.yaml']);
    assert.deepEqual(valid, { code: 0, out: 'ok\n', err: '' }, name);
  }
  golden('migrated.txt', shown);
});

test('fields that an old version did not have are refused by their names', async () => {
  for (const [apiVersion, kind] of [
    ['v1alpha1', 'NodeConfiguration'],
    ['v1alpha2', 'MasterConfiguration'],
    ['v1alpha3', 'ClusterConfiguration'],
    ['v1beta1', 'InitConfiguration'],
  ]) {
    const text = `apiVersion: kubeadm.k8s.io/${apiVersion}\nkind: ${kind}\nnope: 1\n`;
    const host = new FakeHost({ files: { '/c.yaml': text } });
    const { code, err } = await runOn(host, new FakeCluster(), ['config', 'validate', '--config=/c.yaml']);
    assert.equal(code, 1);
    assert.match(
      err,
      new RegExp(`Version:"${apiVersion}", Kind:"${kind}"}: strict decoding error: unknown field "nope"`),
    );
  }
});

test('lists and pulls images', async () => {
  const config = 'apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\ncontrolPlaneEndpoint: lb:6443\n';
  const host = new FakeHost({ files: { '/c.yaml': config } });
  const { out } = await runOn(host, new FakeCluster(), ['config', 'images', 'list', '--config=/c.yaml']);
  assert.match(out, /^localhost\/typernetes\/kube-apiserver:v1\.36/);
  assert.match(out, /\nlocalhost\/typernetes\/etcd:/);
  const pulled = await runOn(host, new FakeCluster(), [
    'config',
    'images',
    'pull',
    '--image-repository=mirror.example',
  ]);
  assert.match(pulled.out, /^\[config\/images\] Pulled mirror.example\/kube-apiserver:/);
  assert.doesNotMatch(pulled.out, /etcd/);
});
