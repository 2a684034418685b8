import assert from 'node:assert/strict';
import { test } from 'node:test';
import { restClient } from '@typernetes/client';
import { loadResetConfig } from '../config/load-reset.ts';
import { loadUpgradeConfig } from '../config/load-upgrade.ts';
import { sysvScript } from '../kubelet/sysv-script.ts';
import {
  absentTransport,
  endpoint,
  FakeCluster,
  FakeEtcd,
  FakeHost,
  initialized,
  joinLine,
  type Ran,
  runOn,
  second,
} from '../testing/index.ts';

const mounts = '/dev/a /var/lib/kubelet ext4 rw 0 0\ntmpfs /var/lib/kubelet/pods/1/v tmpfs rw 0 0\n';
const node = {
  '/etc/kubernetes/kubelet.conf': 'k',
  '/etc/kubernetes/manifests/a.yaml': 'a',
  '/own/pki/ca.crt': 'c',
  '/etc/kubernetes/tmp/x': 'x',
  '/var/lib/kubelet/config.yaml': 'v',
  '/proc/mounts': mounts,
};
const configuration = `apiVersion: kubeadm.k8s.io/v1beta4
kind: ResetConfiguration
certificatesDir: /own/pki
cleanupTmpDir: true
force: true
criSocket: unix:///run/other.sock
ignorePreflightErrors: [IsPrivilegedUser]
skipPhases: [remove-etcd-member]
unmountFlags: [MNT_DETACH, MNT_EXPIRE]
timeouts: {etcdAPICall: 3s}
`;

test('every field of a ResetConfiguration has an effect', async () => {
  const host = new FakeHost({ userId: 1000, files: { ...node, '/c.yaml': configuration } });
  const { code, out, err } = await runOn(host, new FakeCluster(), ['reset', '--config=/c.yaml']);
  assert.equal(code, 0, err);
  assert.match(err, /\t\[WARNING IsPrivilegedUser\]: user is not running as root\n/);
  assert.match(err, /\[reset\] WARNING: The program umount has no option for the unmount flags \[MNT_EXPIRE\]\n/);
  assert.doesNotMatch(out, /Are you sure/);
  assert.match(out, /Deleting contents of directories: \[\/etc\/kubernetes\/manifests \/var\/lib\/kubelet \/own\/pki /);
  assert.ok(host.ran.includes('umount -l /var/lib/kubelet/pods/1/v'));
  assert.deepEqual(
    [...host.texts.keys()].filter((path) => Object.hasOwn(node, path)),
    ['/proc/mounts'],
  );
  const { config } = loadResetConfig(configuration, {});
  assert.deepEqual([config.criSocket, config.skipPhases], ['unix:///run/other.sock', ['remove-etcd-member']]);
  assert.equal(config.timeouts.etcdApiCallMs, 3000);
  const dry = new FakeHost({ files: { ...node, '/c.yaml': `${configuration}dryRun: true\n` } });
  const shown: Ran = await runOn(dry, new FakeCluster(), ['reset', '--config=/c.yaml']);
  assert.match(shown.out, /\[dryrun\] Would delete contents of directories: .* \/own\/pki /);
  assert.ok(dry.texts.has('/own/pki/ca.crt'));
});

test('flags take precedence over the file', () => {
  const flags = { certificatesDir: '/flag', criSocket: 'unix:///flag', skipPhases: ['preflight'] };
  const { config } = loadResetConfig(configuration, flags);
  assert.deepEqual([config.certificatesDir, config.criSocket], ['/flag', 'unix:///flag']);
  assert.deepEqual(config.skipPhases, ['preflight']);
});

test('where systemd runs, reset stops the unit', async () => {
  const host = new FakeHost({ files: { ...node, '/run/systemd/system': '' } });
  const { code, out, err } = await runOn(host, new FakeCluster(), ['reset', '--force']);
  assert.equal(code, 0, err);
  assert.match(out, /\[reset\] Stopping the kubelet service\n/);
  assert.ok(host.ran.includes('systemctl stop kubelet'), host.ran.join('\n'));
  const failing = new FakeHost({
    files: { ...node, '/run/systemd/system': '' },
    commands: { 'systemctl stop kubelet': { code: 1, stderr: 'Job failed' } },
  });
  const result = await runOn(failing, new FakeCluster(), ['reset', '--force']);
  assert.equal(result.code, 0);
  assert.match(
    result.err,
    /The kubelet service could not be stopped by kubeadm: .*Job failed\n\[reset\] Please ensure kubelet is stopped manually\n/,
  );
});

/** A control plane with stacked etcd of two members, whose API server is down. */
async function lonely(etcdAnswers: boolean) {
  const { cluster, ran } = await initialized(`--control-plane-endpoint=${endpoint}`, '--upload-certs');
  cluster.objects.set('/api/v1/nodes/other', { metadata: { name: 'other', resourceVersion: '1' }, spec: {} });
  const etcd = new FakeEtcd({ name: 'master', peerUrl: 'https://10.0.0.2:2380' });
  const state = { answers: true };
  const host = second(cluster, etcd, (answer) => {
    if (!state.answers) throw Object.assign(new Error('connect ECONNREFUSED 10.0.0.3:2379'), { code: 'ECONNREFUSED' });
    return answer();
  });
  const joined = await runOn(host, cluster, joinLine(ran));
  assert.equal(joined.code, 0, joined.err);
  etcd.asked.length = 0;
  state.answers = etcdAnswers;
  const reset = await runOn(host, { client: restClient(absentTransport) }, ['reset', '--force']);
  assert.equal(reset.code, 0, reset.err);
  assert.deepEqual(
    host.written.filter((path) => path !== '/etc/init.d/kubelet'),
    [],
    'everything else goes all the same',
  );
  return { etcd, reset };
}

test('without an API server the local etcd removes its own member', async () => {
  const { etcd, reset } = await lonely(true);
  assert.match(reset.err, /Unable to fetch the etcd members from the API server, asking the etcd of this machine: GET/);
  assert.match(reset.out, /Removed the etcd member/);
  assert.deepEqual(etcd.asked, ['10.0.0.3:2379 list', '10.0.0.3:2379 remove']);
  assert.equal(etcd.members.length, 1);
});

test('reports a member that could not be removed, with the command that removes it', async () => {
  const { etcd, reset } = await lonely(false);
  assert.equal(etcd.members.length, 2);
  assert.match(
    reset.err,
    /Failed to remove etcd member: connect ECONNREFUSED 10\.0\.0\.3:2379, please manually remove this etcd member using etcdctl\n.*the one at https:\/\/10\.0\.0\.3:2380 may still be one of them.*etcdctl member remove ID/,
  );
});

test('volumes that cannot be unmounted keep their contents', async () => {
  const files = { ...node, '/var/lib/kubelet/pods/1/v/precious': 'data' };
  for (const options of [
    { hangs: /^umount / },
    { commands: { 'umount /var/lib/kubelet/pods/1/v': { code: 32, stderr: 'target is busy' } } },
  ]) {
    const host = new FakeHost({ files, ...options });
    const { code, out, err } = await runOn(host, new FakeCluster(), ['reset', '--force']);
    assert.equal(code, 0, err);
    assert.match(
      err,
      /Failed to unmount "\/var\/lib\/kubelet\/pods\/1\/v": ("umount .*" did not end within|target is busy)/,
    );
    assert.match(
      err,
      /Failed to unmount mounted directories in \/var\/lib\/kubelet: its contents stay\. Unmount them and run/,
    );
    assert.ok(host.texts.has('/var/lib/kubelet/pods/1/v/precious'));
    assert.doesNotMatch(out, /Deleting contents of directories: .*\/var\/lib\/kubelet/);
    assert.ok(!host.texts.has('/etc/kubernetes/manifests/a.yaml'), 'the rest goes');
  }
});

const rules = (name: string): string =>
  `*nat\n:POSTROUTING ACCEPT [0:0]\n:${name} - [0:0]\n-A POSTROUTING -j ${name}\nCOMMIT\n`;

test("removes our own network add-on's state, and what kubeadm has installed", async () => {
  const ours = {
    '/etc/cni/net.d/10-typernetes.conflist': '{}',
    '/var/lib/cni/networks/typernetes/last_reserved_ip.0': 'x',
    '/etc/systemd/logind.conf.d/99-kubelet.conf': 'x',
    '/etc/init.d/kubelet': sysvScript,
  };
  const written = new Map<string, string>();
  const host = new FakeHost({
    files: { ...node, ...ours },
    commands: {
      'iptables-save': { stdout: rules('KUBE-SERVICES') },
      'ip6tables-save': { stdout: rules('MINE') },
      'nft list tables': { stdout: 'table ip nat\ntable ip kube-proxy\ntable ip6 kube-proxy\n' },
    },
    onWrite: (path, text) => written.set(path, text),
  });
  const { code, out, err } = await runOn(host, new FakeCluster(), ['reset', '--force']);
  assert.equal(code, 0, err);
  assert.equal(err, '');
  assert.deepEqual(
    [...host.texts.keys()].filter((path) => Object.hasOwn(ours, path)),
    [],
  );
  assert.match(written.get('/run/kubeadm-reset.rules') ?? '', /-X KUBE-SERVICES\nCOMMIT\n$/);
  const after = host.ran.slice(host.ran.indexOf('ip link delete cni0'));
  assert.deepEqual(
    after.filter((line) => /^(ip|nft)/.test(line)),
    [
      'ip link delete cni0',
      'ip link delete typernetes-vx4',
      'ip link delete typernetes-vx6',
      'ip route flush proto 86',
      'ip -6 route flush proto 86',
      'nft add table inet typernetes-policies; delete table inet typernetes-policies',
      'iptables-save',
      'iptables-restore --noflush --wait 5 /run/kubeadm-reset.rules',
      'ip6tables-save',
      'nft list tables',
      'nft delete table ip kube-proxy',
      'nft delete table ip6 kube-proxy',
    ],
  );
  assert.ok(!host.texts.has('/run/kubeadm-reset.rules'));
  assert.match(out, /\nThe reset process does not perform cleanup of kubeconfig files\.\n/);
});

test('leaves foreign files, and those that cannot be removed, to the user', async () => {
  const own = '[Service]\nExecStart=/opt/kubelet\n';
  const files = {
    ...node,
    '/etc/cni/net.d/calico.conflist': '{}',
    '/run/systemd/system/.': '',
    '/etc/systemd/system/kubelet.service': own,
  };
  const host = new FakeHost({ files, hangs: /^iptables-save$/, missing: ['ip6tables-save'] });
  const { code, out, err } = await runOn(host, new FakeCluster(), ['reset', '--force']);
  assert.equal(code, 0, err);
  assert.ok(host.texts.has('/etc/cni/net.d/calico.conflist'));
  assert.equal(host.texts.get('/etc/systemd/system/kubelet.service'), own);
  assert.match(
    err,
    /Failed to remove packet rules: "iptables-save" did not end within 1m0s and was killed; ip6tables-save: exec/,
  );
  assert.match(
    out,
    /\nThe reset process does not perform cleanup of CNI plugin configuration,\nnetwork filtering rules and kubeconfig files\.\n/,
  );
});

test('reports programs that hang and files that cannot be removed, and continues', async () => {
  const host = new FakeHost({
    files: { ...node, '/run/systemd/system': '', '/proc/mounts': '' },
    hangs: /^systemctl stop/,
    stuck: /kubelet\.conf$|manifests/,
  });
  const removed: string[] = [];
  const pods = {
    list: async () => ['a', 'b', 'c'],
    remove: async (id: string) => {
      removed.push(id);
      if (id === 'b' || removed.filter((each) => each === id).length < 3) throw new Error('DeadlineExceeded');
    },
    close: () => {},
  };
  const { code, err } = await runOn(host, new FakeCluster(), ['reset', '--force'], {
    deps: { pods: async () => pods },
  });
  assert.equal(code, 0, err);
  assert.match(err, /could not be stopped by kubeadm: "systemctl stop kubelet" did not end within 1m0s and was killed/);
  assert.match(err, /Failed to remove containers: failed to remove pod b: DeadlineExceeded\n/);
  assert.equal(removed.join(''), 'aaabbbbbccc', 'each is tried up to five times');
  assert.match(err, /Failed to delete contents of "\/etc\/kubernetes\/manifests" directory: EBUSY/);
  assert.match(err, /Failed to remove file: "\/etc\/kubernetes\/kubelet\.conf" \[EBUSY/);
  assert.ok(!host.texts.has('/var/lib/kubelet/config.yaml'));
});

test('every field of an UpgradeConfiguration has an effect on its command', () => {
  const common = { ignorePreflightErrors: ['Swap'], dryRun: true };
  const changes = { ...common, skipPhases: ['addon'], patches: { directory: '/p' }, etcdUpgrade: false };
  const images = { imagePullPolicy: 'Never', imagePullSerial: false, certificateRenewal: false };
  const text = JSON.stringify({
    apiVersion: 'kubeadm.k8s.io/v1beta4',
    kind: 'UpgradeConfiguration',
    apply: {
      ...changes,
      ...images,
      kubernetesVersion: 'v1.36.9',
      allowExperimentalUpgrades: true,
      allowRCUpgrades: true,
      forceUpgrade: true,
      printConfig: true,
    },
    node: { ...changes, ...images },
    plan: { ...common, kubernetesVersion: 'v1.36.8', allowRCUpgrades: true, etcdUpgrade: false, printConfig: true },
    diff: { kubernetesVersion: 'v1.36.7', contextLines: 9 },
    timeouts: { upgradeManifests: '9s' },
  });
  const load = (section: 'apply' | 'node' | 'plan' | 'diff') => loadUpgradeConfig(text, section, {}).config;
  const usual = loadUpgradeConfig(undefined, 'apply', {}).config;
  const timeouts = { ...usual.timeouts, upgradeManifestsMs: 9000 };
  const patchesInFile = ['/p', '/p'];
  const changed = {
    ...usual,
    timeouts,
    patchesInFile,
    ...common,
    skipPhases: ['addon'],
    patches: '/p',
    etcdUpgrade: false,
    ...images,
  };
  assert.deepEqual(load('apply'), {
    ...changed,
    kubernetesVersion: 'v1.36.9',
    allowExperimental: true,
    allowReleaseCandidates: true,
    force: true,
    printConfig: true,
  });
  assert.deepEqual(load('node'), changed);
  assert.deepEqual(load('plan'), {
    ...{ ...usual, timeouts, patchesInFile, ...common, kubernetesVersion: 'v1.36.8' },
    ...{ allowReleaseCandidates: true, etcdUpgrade: false, printConfig: true },
  });
  assert.deepEqual(load('diff'), { ...usual, timeouts, patchesInFile, kubernetesVersion: 'v1.36.7', contextLines: 9 });
});

test('the question takes what upstream takes for a yes', async () => {
  const answered = (answer: string): Promise<Ran> =>
    runOn(new FakeHost(), new FakeCluster(), ['reset'], { deps: { ask: async () => answer } });
  for (const answer of ['y', 'Y', 'yes', 'YES']) assert.equal((await answered(answer)).code, 0, answer);
  for (const answer of ['', 'n', 'yep']) {
    const { code, err } = await answered(answer);
    assert.equal(code, 1);
    assert.match(err, /\nerror: error execution phase preflight: won't proceed; the user didn't answer \(Y\|y\)/);
  }
});
