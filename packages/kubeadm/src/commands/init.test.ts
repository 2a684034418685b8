import assert from 'node:assert/strict';
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { createAuthority, inspectCertificate, publicKeyHash, publicKeyPem } from '@typernetes/pki';
import { decodeDocument } from '@typernetes/process';
import { FakeCluster, FakeHost, golden, runOn } from '../testing/index.ts';

const running = (): FakeCluster =>
  new FakeCluster({
    '/api/v1/namespaces/kube-system': { metadata: { name: 'kube-system' } },
    '/api/v1/namespaces/kube-public': { metadata: { name: 'kube-public' } },
    '/api/v1/nodes/master': { metadata: { name: 'master', resourceVersion: '1' }, spec: {} },
  });

test("init prints and writes what upstream's does", async () => {
  const host = new FakeHost();
  const cluster = running();
  const { code, out, err } = await runOn(host, cluster, ['init']);
  assert.equal(err, '');
  assert.equal(code, 0);
  const objects = [...cluster.objects.keys()].sort();
  const modes = host.written.map((path) => `${host.modes.get(path)?.toString(8)} ${path}`);
  golden(
    'init.txt',
    [out, '---- files', ...modes, '---- commands', ...host.ran, '---- objects', ...objects, ''].join('\n'),
  );

  const ca = new X509Certificate(host.texts.get('/etc/kubernetes/pki/ca.crt') ?? '');
  assert.ok(out.includes(`--discovery-token-ca-cert-hash ${publicKeyHash(ca)}`));
  const served = inspectCertificate(new X509Certificate(host.texts.get('/etc/kubernetes/pki/apiserver.crt') ?? ''));
  assert.deepEqual(served.ipAddresses, ['10.96.0.1', '10.0.0.2']);
  const node = cluster.objects.get('/api/v1/nodes/master') as unknown as { spec: unknown };
  assert.deepEqual(node.spec, { taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] });
});

test('certificate keys are P-256 unless configured otherwise; the token signing key is RSA, for clients that only know RS256', async () => {
  for (const [args, types] of [
    [[], ['ec', 'rsa']],
    [['--feature-gates=PublicKeysECDSA=true'], ['ec', 'ec']],
  ] as const) {
    const host = new FakeHost();
    assert.equal((await runOn(host, running(), ['init', ...args])).code, 0);
    const keys = ['ca', 'sa'].map((name) => createPrivateKey(host.texts.get(`/etc/kubernetes/pki/${name}.key`) ?? ''));
    assert.deepEqual(
      keys.map(({ asymmetricKeyType }) => asymmetricKeyType),
      types,
    );
    assert.equal(host.texts.get(`/etc/kubernetes/pki/sa.pub`), publicKeyPem(keys[1] as KeyObject));
  }
});

test('keeps an existing token signing key, and creates none if its phase is skipped', async () => {
  const host = new FakeHost();
  await runOn(host, running(), ['init', 'phase', 'certs', 'sa']);
  const kept = host.texts.get(`/etc/kubernetes/pki/sa.key`);
  assert.equal((await runOn(host, running(), ['init'])).code, 0);
  assert.equal(host.texts.get(`/etc/kubernetes/pki/sa.key`), kept);
  const without = new FakeHost();
  await runOn(without, running(), ['init', '--skip-phases=certs/sa']);
  assert.equal(without.texts.has(`/etc/kubernetes/pki/sa.key`), false);
});

test("the manifests contain the settings of the seed's configuration", async () => {
  const seed = `
apiVersion: kubeadm.k8s.io/v1alpha1
kind: MasterConfiguration
apiServerExtraArgs:
  advertise-address: 192.168.0.103
  anonymous-auth: false
  runtime-config: "api/all=true"
controllerManagerExtraArgs:
  node-monitor-grace-period: "10s"
kubernetesVersion: "stable-1.11"
`;
  const host = new FakeHost({ files: { '/root/kubeadm.yaml': seed } });
  const { code, err } = await runOn(host, running(), [
    'init',
    'phase',
    'control-plane',
    'all',
    '--config',
    '/root/kubeadm.yaml',
  ]);
  assert.equal(code, 0, err);
  assert.match(err, /kubernetesVersion "stable-1.11" is not available/);
  type Manifest = { spec: { containers: { command: string[]; livenessProbe: object }[] } };
  const manifest = (name: string): Manifest['spec']['containers'][0] =>
    (decodeDocument(host.texts.get(`/etc/kubernetes/manifests/${name}.yaml`) ?? '') as Manifest).spec.containers[0]!;
  const { command, livenessProbe } = manifest('kube-apiserver');
  assert.equal(
    command.filter((flag) => flag.startsWith('--advertise-address=')).join(),
    '--advertise-address=192.168.0.103',
  );
  assert.ok(command.includes('--anonymous-auth=false'));
  assert.ok(command.includes('--runtime-config=api/all=true'));
  assert.ok(command.includes('--storage-backend=sqlite'));
  assert.ok('tcpSocket' in livenessProbe, 'a server that refuses anonymous requests is probed by its port');
  assert.ok(manifest('kube-controller-manager').command.includes('--node-monitor-grace-period=10s'));
});

test("failed preflight checks end init before anything is written, in upstream's words, unless they are ignored by name", async () => {
  const options = {
    busyPorts: [6443],
    files: { '/etc/kubernetes/manifests/kube-scheduler.yaml': '', '/proc/sys/net/ipv4/ip_forward': '0' },
  };
  const host = new FakeHost(options);
  const { code, out, err } = await runOn(host, running(), ['init']);
  assert.equal(code, 1);
  assert.match(out, /\[preflight\] Running pre-flight checks\n$/);
  assert.equal(
    err,
    `[preflight] Some fatal errors occurred:
\t[ERROR Port-6443]: Port 6443 is in use
Suggestion: "ss -ltnp sport = :6443" shows by whom; if an earlier cluster left it behind, run "kubeadm reset"
\t[ERROR FileAvailable--etc-kubernetes-manifests-kube-scheduler.yaml]: /etc/kubernetes/manifests/kube-scheduler.yaml already exists
Suggestion: if an earlier cluster left it behind, run "kubeadm reset"
\t[ERROR FileContent--proc-sys-net-ipv4-ip_forward]: /proc/sys/net/ipv4/ip_forward contents are not set to 1: run "sysctl -w net.ipv4.ip_forward=1"
[preflight] If you know what you are doing, you can make a check non-fatal with \`--ignore-preflight-errors=...\`
error: error execution phase preflight: preflight checks failed
To see the stack trace of this error execute with --v=5 or higher
`,
  );
  assert.deepEqual(host.written, []);
  const preflight = (...ignored: string[]) =>
    runOn(host, running(), [
      'init',
      'phase',
      'preflight',
      ...ignored.map((each) => `--ignore-preflight-errors=${each}`),
    ]);
  for (const ignored of [
    ['all'],
    ['ALL'],
    [
      'port-6443,FILECONTENT--proc-sys-net-ipv4-ip_forward',
      'fileavailable--etc-kubernetes-manifests-kube-scheduler.yaml',
    ],
  ]) {
    const forgiven = await preflight(...ignored);
    assert.equal(forgiven.code, 0, forgiven.err);
    assert.match(forgiven.err, /\t\[WARNING Port-6443\]: Port 6443 is in use\n/);
  }
  const some = await preflight('Port-6443');
  assert.equal(some.code, 1);
  assert.doesNotMatch(some.err, /ERROR Port-6443/);
  assert.match((await preflight('all,Swap')).err, /don't specify individual checks if 'all' is used/);
  const user = await runOn(new FakeHost({ ...options, userId: 1000 }), running(), ['init']);
  assert.match(
    user.err,
    /^\[preflight\] Some fatal errors occurred:\n\t\[ERROR IsPrivilegedUser\]: user is not running as root\nSuggestion: run it with sudo\n\[preflight\] If/,
  );
});

test('uses an existing CA', async () => {
  const validity = { notBefore: 0, notAfter: Date.parse('2036-01-01T00:00:00Z') };
  const ca = await createAuthority({ commonName: 'mine', ...validity });
  const host = new FakeHost({
    files: { '/etc/kubernetes/pki/ca.crt': ca.certificate, '/etc/kubernetes/pki/ca.key': ca.privateKey },
  });
  const { code, out, err } = await runOn(host, running(), ['init', 'phase', 'certs', 'all']);
  assert.equal(code, 0, err);
  assert.match(out, /\[certs\] Using existing ca certificate authority\n/);
  const leaf = new X509Certificate(host.texts.get('/etc/kubernetes/pki/apiserver-kubelet-client.crt') ?? '');
  assert.ok(leaf.verify(new X509Certificate(ca.certificate).publicKey));
});

test('reports a component that does not come up, with the end of its log', async () => {
  const log = '2026-01-01T00:00:00.000000000Z stderr F cannot open the store: database disk image is malformed\n';
  const host = new FakeHost({
    files: { '/var/log/pods/kube-system_kube-apiserver-master_1/kube-apiserver/0.log': log },
    get: async (url) => {
      if (url.includes(':6443')) throw new Error('connect ECONNREFUSED');
      return { status: 200, body: 'ok' };
    },
  });
  const config =
    'apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\ntimeouts: {controlPlaneComponentHealthCheck: 0s}\n';
  host.texts.set('/c.yaml', config);
  const { code, err } = await runOn(host, running(), ['init', 'phase', 'wait-control-plane', '--config=/c.yaml']);
  assert.equal(code, 1);
  assert.match(err, /The last words of kube-apiserver:\n\tcannot open the store: database disk image is malformed\n/);
  assert.match(err, /kube-apiserver check failed at https:\/\/10.0.0.2:6443\/livez: connect ECONNREFUSED/);
});
