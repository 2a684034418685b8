import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpoint, FakeCluster, FakeEtcd, FakeHost, initialized, joinLine, runOn, second } from '../testing/index.ts';

/** A machine that fails every check. */
const bad = {
  cpus: 1,
  memoryBytes: 1024,
  proxy: 'http://proxy:3128',
  busyPorts: [6443, 10259, 10257, 10250, 2379, 2380],
  kernelRelease: '4.4.0',
  socketProblem: 'connect: no such file or directory',
  lookupProblem: 'no such host',
  missing: ['mount', 'losetup', 'kubelet'],
  commands: { 'systemctl is-enabled --quiet kubelet': { code: 1 } },
  files: {
    '/init.yaml': `apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
etcd: {local: {}}
networking: {podSubnet: 11.0.0.0/16, serviceSubnet: 12.0.0.0/16}
`,
    '/run/systemd/system': '',
    '/proc/swaps': 'Filename\n/dev/sda2 partition\n',
    '/proc/sys/net/ipv4/ip_forward': '0',
    '/etc/kubernetes/kubelet.conf': '',
    '/etc/kubernetes/bootstrap-kubelet.conf': '',
    '/etc/kubernetes/pki/ca.crt': '',
    '/var/lib/etcd/member': '',
    ...Object.fromEntries(
      ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd'].map((name) => [
        `/etc/kubernetes/manifests/${name}.yaml`,
        '',
      ]),
    ),
  },
};

/** Checks that upstream does not have. */
const ours = /CgroupDriver|Clock|Disk|-bridge-/;

async function findings(args: string[]): Promise<{ errors: string[]; warnings: string[] }> {
  const { err, code } = await runOn(new FakeHost(bad), new FakeCluster(), args);
  assert.equal(code, 1);
  const named = (level: string): string[] => {
    const names = [...err.matchAll(new RegExp(`\\t\\[${level} ([^\\]]+)\\]`, 'g'))].map(([, name]) => String(name));
    return [...new Set(names)].filter((name) => !ours.test(name));
  };
  return { errors: named('ERROR'), warnings: named('WARNING') };
}

test("checks of `init` have upstream's names and order", async () => {
  assert.deepEqual(await findings(['init', 'phase', 'preflight', '--config=/init.yaml']), {
    errors: [
      'NumCPU',
      'Mem',
      'Port-6443',
      'Port-10259',
      'Port-10257',
      'FileAvailable--etc-kubernetes-manifests-kube-apiserver.yaml',
      'FileAvailable--etc-kubernetes-manifests-kube-controller-manager.yaml',
      'FileAvailable--etc-kubernetes-manifests-kube-scheduler.yaml',
      'FileAvailable--etc-kubernetes-manifests-etcd.yaml',
      'CRI',
      'FileExisting-mount',
      'KubeletVersion',
      'Port-10250',
      'FileContent--proc-sys-net-ipv4-ip_forward',
      'Port-2379',
      'Port-2380',
      'DirAvailable--var-lib-etcd',
    ],
    warnings: [
      'Firewalld',
      'HTTPProxyCIDR',
      'Swap',
      'FileExisting-losetup',
      'SystemVerification',
      'Hostname',
      'Service-Kubelet',
    ],
  });
});

test("checks of `join` have upstream's names and order", async () => {
  const line = ['join', 'phase', 'preflight', '1.2.3.4:6443', '--token=abcdef.0123456789abcdef'];
  assert.deepEqual(await findings([...line, '--discovery-token-unsafe-skip-ca-verification']), {
    errors: [
      'FileAvailable--etc-kubernetes-kubelet.conf',
      'FileAvailable--etc-kubernetes-bootstrap-kubelet.conf',
      'CRI',
      'FileExisting-mount',
      'KubeletVersion',
      'Port-10250',
      'FileAvailable--etc-kubernetes-pki-ca.crt',
      'FileContent--proc-sys-net-ipv4-ip_forward',
    ],
    warnings: ['Swap', 'FileExisting-losetup', 'SystemVerification', 'Hostname', 'Service-Kubelet', 'HTTPProxy'],
  });
});

test("checks of another control plane have upstream's names and order", async () => {
  const { cluster, ran } = await initialized(`--control-plane-endpoint=${endpoint}`, '--upload-certs');
  const etcd = new FakeEtcd({ name: 'master', peerUrl: 'https://10.0.0.2:2380' });
  const host = second(cluster, etcd);
  for (const path of ['/var/lib/etcd/member', '/etc/kubernetes/manifests/etcd.yaml']) host.texts.set(path, '');
  const { err } = await runOn(host, cluster, joinLine(ran));
  assert.deepEqual(
    [...err.matchAll(/\[ERROR ([^\]]+)\]/g)].map(([, name]) => name),
    ['FileAvailable--etc-kubernetes-manifests-etcd.yaml', 'DirAvailable--var-lib-etcd'],
  );
});

test('an upgrade checks the machine once its permissions are known', async () => {
  for (const line of [['plan'], ['apply', 'phase', 'preflight', '--yes'], ['node', 'phase', 'preflight']]) {
    const { cluster, first } = await initialized();
    first.texts.set('/sys/fs/cgroup/cgroup.controllers', 'cpu io pids\n');
    const { code, err } = await runOn(first, cluster, ['upgrade', ...line]);
    assert.equal(code, 1);
    assert.match(
      err,
      /^\t\[WARNING SystemVerification\]: missing optional cgroups: hugetlb\n\[preflight\] Some fatal errors occurred:\n\t\[ERROR SystemVerification\]: missing required cgroups: cpuset memory\n/,
    );
  }
});
