import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kubernetesVersion } from '@typernetes/base';
import { FakeHost, type FakeHostOptions } from '../testing/index.ts';
import type { Check } from './check.ts';
import {
  enoughCpus,
  enoughMemory,
  fileContainsOne,
  fileExists,
  fileIsAvailable,
  folderIsEmpty,
  isRoot,
  kubeletVersion,
  nodeNameResolves,
  portIsFree,
  programInPath,
  runtimeAnswers,
  swapIsOff,
  systemVerification,
} from './checks.ts';

const forward = '/proc/sys/net/ipv4/ip_forward';
const bridge = '/proc/sys/net/bridge/bridge-nf-call-iptables';
const manifest = '/etc/kubernetes/manifests/etcd.yaml';
const socket = 'unix:///run/containerd/containerd.sock';
const controllers = '/sys/fs/cgroup/cgroup.controllers';
const v1 = (...names: string[]): string => names.map((name) => `${name}\t1\t1\t1\n`).join('');
const v1Host = (...names: string[]): FakeHostOptions => ({
  files: { '/proc/cgroups': `#subsys_name\thierarchy\tnum_cgroups\tenabled\n${v1(...names)}` },
  without: [controllers],
});
const kernels =
  'Supported LTS versions from the 5.x series are 5.4, 5.10 and 5.15. Any 6.x version is also supported. For cgroups v2 support, the recommended version is 5.10 or newer';
const every = ['cpu', 'cpuacct', 'cpuset', 'devices', 'freezer', 'hugetlb', 'memory', 'pids'];
const kubeletSays = (stdout: string): FakeHostOptions => ({ commands: { 'kubelet --version': { stdout } } });
const install = `install the package kubelet of this release, ${kubernetesVersion}`;
const reset = 'if an earlier cluster left it behind, run "kubeadm reset"';
const swaps = 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/sda2 partition 1 0 -2\n';

/** Upstream's name and words, what is said besides, and machines on which there is nothing to say. */
const cases: {
  check: Check;
  name: string;
  good?: FakeHostOptions[];
  bad: FakeHostOptions;
  errors?: string[];
  warnings?: string[];
}[] = [
  {
    check: isRoot,
    name: 'IsPrivilegedUser',
    bad: { userId: 1000 },
    errors: ['user is not running as root\nSuggestion: run it with sudo'],
  },
  {
    check: enoughCpus,
    name: 'NumCPU',
    bad: { cpus: 1 },
    errors: [
      'the number of available CPUs 1 is less than the required 2\nSuggestion: give the machine more, or go on with --ignore-preflight-errors=NumCPU',
    ],
  },
  {
    check: enoughMemory,
    name: 'Mem',
    good: [{ memoryBytes: 1700 * 1024 ** 2 }],
    bad: { memoryBytes: 1700 * 1024 ** 2 - 1 },
    errors: [
      'the system RAM (1699 MB) is less than the minimum 1700 MB\nSuggestion: give the machine more, or go on with --ignore-preflight-errors=Mem',
    ],
  },
  {
    check: portIsFree(6443),
    name: 'Port-6443',
    good: [{ busyPorts: [6444] }],
    bad: { busyPorts: [6443] },
    errors: [`Port 6443 is in use\nSuggestion: "ss -ltnp sport = :6443" shows by whom; ${reset}`],
  },
  {
    check: fileIsAvailable(manifest),
    name: 'FileAvailable--etc-kubernetes-manifests-etcd.yaml',
    bad: { files: { [manifest]: '' } },
    errors: [`${manifest} already exists\nSuggestion: ${reset}`],
  },
  {
    check: folderIsEmpty('/var/lib/etcd'),
    name: 'DirAvailable--var-lib-etcd',
    bad: { files: { '/var/lib/etcd/member': '' } },
    errors: [`/var/lib/etcd is not empty\nSuggestion: ${reset}`],
  },
  {
    check: fileExists('/a/ca.crt', 'ExternalEtcdClientCertificates'),
    name: 'ExternalEtcdClientCertificates',
    good: [{ files: { '/a/ca.crt': '' } }],
    bad: {},
    errors: ["/a/ca.crt doesn't exist\nSuggestion: put the file there, or name another in the configuration"],
  },
  {
    check: fileContainsOne(forward),
    name: 'FileContent--proc-sys-net-ipv4-ip_forward',
    bad: { files: { [forward]: '0\n' } },
    errors: [`${forward} contents are not set to 1: run "sysctl -w net.ipv4.ip_forward=1"`],
  },
  {
    check: fileContainsOne(bridge),
    name: 'FileContent--proc-sys-net-bridge-bridge-nf-call-iptables',
    bad: { without: [bridge] },
    errors: [`${bridge} does not exist\nSuggestion: run "modprobe br_netfilter"`],
  },
  {
    check: programInPath('mount', 'fatal'),
    name: 'FileExisting-mount',
    bad: { missing: ['mount'] },
    errors: ['mount not found in system path\nSuggestion: apt-get install mount'],
  },
  {
    check: programInPath('nft', 'a warning', 'nftables'),
    name: 'FileExisting-nft',
    bad: { missing: ['nft'] },
    warnings: ['nft not found in system path\nSuggestion: apt-get install nftables'],
  },
  {
    check: nodeNameResolves('master'),
    name: 'Hostname',
    bad: { lookupProblem: 'no such host' },
    warnings: [
      'hostname "master" could not be reached',
      'hostname "master": lookup master: no such host: add it to /etc/hosts',
    ],
  },
  {
    check: swapIsOff,
    name: 'Swap',
    good: [{ without: ['/proc/swaps'] }],
    bad: { files: { '/proc/swaps': swaps } },
    warnings: [
      'swap is supported for cgroup v2 only. The kubelet must be properly configured to use swap. Please refer to https://kubernetes.io/docs/concepts/architecture/nodes/#swap-memory, or disable swap on the node\nSuggestion: run "swapoff -a", and take it out of /etc/fstab',
    ],
  },
  {
    check: runtimeAnswers(socket),
    name: 'CRI',
    bad: { socketProblem: 'connect: no such file or directory' },
    errors: [
      `could not connect to the container runtime: failed to create new CRI runtime service: validate service connection: validate CRI v1 runtime API for endpoint "${socket}": rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: no such file or directory": start the container runtime ("systemctl start containerd"), or name its socket with --cri-socket`,
    ],
  },
  {
    check: systemVerification,
    name: 'SystemVerification',
    good: [{ kernelRelease: '5.10.0-36-amd64' }, { kernelRelease: '6.18.3-generic' }, { kernelRelease: '10.0.1' }],
    bad: { kernelRelease: '3.10.0-1160.el7.x86_64', files: { [controllers]: 'cpuset cpu io pids\n' } },
    errors: [
      'missing required cgroups: memory\nSuggestion: add "cgroup_enable=memory cgroup_memory=1" or the like to the kernel\'s command line, and restart',
    ],
    warnings: [`kernel release 3.10.0-1160.el7.x86_64 is unsupported. ${kernels}`, 'missing optional cgroups: hugetlb'],
  },
  {
    check: systemVerification,
    name: 'SystemVerification',
    good: [{ kernelRelease: '5.4.0' }],
    bad: { kernelRelease: '5.14.0-665.el9.x86_64' },
    warnings: [`kernel release 5.14.0-665.el9.x86_64 is unsupported. ${kernels}`],
  },
  {
    check: systemVerification,
    name: 'SystemVerification',
    bad: v1Host(...every),
    warnings: [
      'cgroups v1 support is deprecated and will be removed in a future release. Please migrate to cgroups v2. For more information, see https://git.k8s.io/enhancements/keps/sig-node/5573-remove-cgroup-v1',
    ],
  },
  {
    check: kubeletVersion,
    name: 'KubeletVersion',
    good: [kubeletSays('Kubernetes v1.33.0\n')],
    bad: kubeletSays('Kubernetes v1.32.9\n'),
    errors: [
      `Kubelet version "1.32.9" is lower than kubeadm can support. Please upgrade kubelet\nSuggestion: ${install}`,
    ],
  },
  {
    check: kubeletVersion,
    name: 'KubeletVersion',
    bad: kubeletSays('Kubernetes v1.37.0\n'),
    errors: [
      `the kubelet version is higher than the control plane version. This is not a supported version skew and may lead to a malfunctional cluster. Kubelet version: "1.37.0" Control plane version: "${kubernetesVersion.slice(1)}"\nSuggestion: ${install}`,
    ],
  },
  {
    check: kubeletVersion,
    name: 'KubeletVersion',
    good: [kubeletSays('Kubernetes v1.36.0-rc.1+dirty\n')],
    bad: kubeletSays('a wrapper says\nKubernetes v1.36.0\n'),
    errors: [
      `couldn't get kubelet version: Unable to parse output from Kubelet: "a wrapper says\\nKubernetes v1.36.0"\nSuggestion: ${install}`,
    ],
  },
  {
    check: kubeletVersion,
    name: 'KubeletVersion',
    bad: { commands: { 'kubelet --version': { code: 127, stdout: '' } } },
    errors: [
      `couldn't get kubelet version: cannot execute 'kubelet --version': exit status 127\nSuggestion: ${install}`,
    ],
  },
  {
    check: kubeletVersion,
    name: 'KubeletVersion',
    bad: { missing: ['kubelet'] },
    errors: [
      `couldn't get kubelet version: cannot execute 'kubelet --version': exec: "kubelet": executable file not found in $PATH\nSuggestion: ${install}`,
    ],
  },
];

for (const { check, name, good = [{}], bad, errors = [], warnings = [] } of cases) {
  test(`${name}: ${(errors[0] ?? warnings[0] ?? '').split('\n')[0]}`, async () => {
    assert.equal(check.name, name);
    const found = async (options: FakeHostOptions): Promise<object> => {
      const { errors: wrong = [], warnings: doubtful = [] } = await check.run(new FakeHost(options));
      return { errors: wrong, warnings: doubtful };
    };
    assert.deepEqual(await found(bad), { errors, warnings });
    for (const options of good) assert.deepEqual(await found(options), { errors: [], warnings: [] });
  });
}
