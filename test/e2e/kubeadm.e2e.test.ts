/**
 * kubeadm from its Debian packages on bare machines: dry run, an explained failure, external CA and etcd, recovery from
 * a power cut.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { systemClock, version } from '@typernetes/base';
import { fileInMachine } from '@typernetes/machine';
import { createSigningRequest, newPrivateKey, parseSigningRequest, privateKeyPem, signRequest } from '@typernetes/pki';
import { networkAddon } from '../../tools/network-addon.ts';
import { eventually } from '../eventually.ts';
import { openWalkthrough, type Shell, type Walkthrough } from '../walkthrough/walkthrough.ts';
import { hostNetwork, noTraces, tracesOf } from './host-traces.ts';
import { differences, noDifferences, tracesInMachine } from './machine-traces.ts';

const root = resolve(import.meta.dirname, '../..');
const admin = 'export KUBECONFIG=/etc/kubernetes/admin.conf; ';

describe('kubeadm on bare machines', () => {
  const networkBefore = hostNetwork();
  let walkthrough: Walkthrough;
  let control: Shell;
  let etcd: Shell;
  let neverJoined: readonly string[] = [];

  before(async () => {
    walkthrough = await openWalkthrough();
    await walkthrough.createMachines('k-control', 'k-etcd');
    control = walkthrough.inMachine('k-control');
    etcd = walkthrough.inMachine('k-etcd');
  });
  after(() => walkthrough?.close());

  const fileIn = (machine: string, path: string): string => fileInMachine({ installation: walkthrough }, machine, path);
  const addressOf = async (shell: Shell): Promise<string> =>
    (await shell.run('hostname -i')).trim().split(' ').at(-1) as string;

  test('is installed from Debian packages, with its images', async () => {
    const folder = join(walkthrough.home, 'debs');
    execFileSync(process.execPath, ['tools/deb/main.ts', folder], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const debs = globSync('*.deb', { cwd: folder });
    assert.equal(debs.length, 6);
    mkdirSync(fileIn('k-control', '/root/debs'));
    for (const deb of debs) copyFileSync(join(folder, deb), fileIn('k-control', `/root/debs/${basename(deb)}`));
    // Removes what machines have from the start: our programs, the host's, and images.
    await control.run('rm /usr/local/bin/kube* /usr/local/bin/typernetes; dpkg --purge kubeadm kubelet kubectl; true');
    await control.run('ctr -n k8s.io images ls -q | xargs ctr -n k8s.io images rm');
    const installed = await control.run('apt-get install --yes ./debs/*.deb 2>&1');
    assert.match(installed, /Setting up kubeadm/);
    assert.equal(
      await control.run('which kubeadm kubelet kubectl typernetes'),
      '/usr/bin/kubeadm\n/usr/bin/kubelet\n/usr/bin/kubectl\n/usr/bin/typernetes\n',
    );
    assert.equal(await control.run('kubeadm version -o short'), `${version}\n`);
    assert.match(
      await control.run('cat /lib/systemd/system/kubelet.service.d/10-kubeadm.conf'),
      /ExecStart=\/usr\/bin\/kubelet /,
    );
    // systemd only reports mistakes in units, and continues.
    assert.equal(await control.run('systemd-analyze verify /lib/systemd/system/kubelet.service 2>&1'), '');
  });

  test('a dry run leaves the machine as it is', async () => {
    const look =
      'find /etc /var/lib/kubelet /var/lib/typernetes /usr/share -newer /root/before ! -type d ! -path "/etc/kubernetes/tmp/*" 2>/dev/null; true';
    await control.run('touch before');
    const output = await control.run('kubeadm init --dry-run');
    assert.match(
      output,
      /\[dryrun\] Would write file "\/etc\/kubernetes\/manifests\/kube-apiserver.yaml" with content:/,
    );
    assert.match(output, /\[dryrun\] Would perform action CREATE on resource "daemonsets" in API group "apps\/v1"/);
    assert.equal(await control.run(look), '');
    assert.equal(await control.run('ctr -n k8s.io tasks list -q; ls /etc/kubernetes'), 'tmp\n');
    const reset = await control.run('kubeadm reset --dry-run --cleanup-tmp-dir');
    assert.match(reset, /\[dryrun\] Would delete contents of directories: \[.* \/etc\/kubernetes\/tmp\]/);
  });

  test('a component that does not come up is named, with its output', async () => {
    walkthrough.write('k-control', '/root/broken.yaml', broken);
    const { exitCode, stderr, stdout } = await control.attempt('kubeadm init --config broken.yaml');
    assert.equal(exitCode, 1, stdout);
    assert.match(stderr, /The last words of kube-controller-manager:\n(\t.*\n)*\t.*unknown flag: --nonsense/);
    assert.match(
      stderr,
      /failed while waiting for the control plane to start: \[kube-controller-manager check failed at/,
    );
    assert.doesNotMatch(stderr, /The last words of kube-apiserver/);
    await control.run('kubeadm reset --force --cleanup-tmp-dir');
    assert.equal(await control.run('find /etc/kubernetes /var/lib/kubelet /var/lib/typernetes ! -type d'), '');
    assert.equal(await control.run('ctr -n k8s.io tasks list -q'), '');
  });

  test('an IPv6-only cluster', async () => {
    neverJoined = await tracesInMachine(control);
    const own = `fd00:30::${(await addressOf(control)).split('.').at(-1)}`;
    walkthrough.write('k-control', '/root/six.yaml', ofIpv6(own));
    const output = await control.run('kubeadm init --config six.yaml');
    assert.ok(output.includes(`kubeadm join [${own}]:6443 --token `), output);
    await control.run(`${admin}kubectl apply -f /usr/share/typernetes/network.yaml`);
    const manifest = resolve(import.meta.dirname, 'one-family.yaml');
    walkthrough.write('k-control', '/root/one-family.yaml', readFileSync(manifest, 'utf8'));
    await control.run(`${admin}kubectl apply -f one-family.yaml`);
    await control.run(`${admin}kubectl wait --for=condition=Ready pod/server pod/client --timeout=180s`);
    await control.run(`${admin}kubectl -n kube-system rollout status deployment/coredns --timeout=180s`);
    const get = (what: string, path: string): Promise<string> =>
      control.run(`${admin}kubectl get ${what} -o jsonpath='${path}'`);
    const pod = await get('pod server', '{.status.podIPs[*].ip}');
    const service = await get('service six', '{.spec.clusterIPs[*]}');
    assert.match(`${pod} ${service}`, /^fd00:10:244:[0-9a-f:]+ fd00:10:96::[0-9a-f]+$/);
    assert.equal(await get('node k-control', '{.status.addresses[?(@.type=="InternalIP")].address}'), own);
    // During duplicate address detection, pods cannot be reached from the bridge's address: probes would fail, and DNS
    // be ready one period later.
    assert.match(await control.run('ip -json -6 address show cni0'), /"local":"fd00:10:244:[^}]*"nodad":true/);
    for (const target of [`[${pod}]`, `[${service}]`, `[${own}]:30081`, 'six', 'six.default.svc.cluster.local']) {
      await eventually(async () => {
        const page = await control.run(`${admin}kubectl exec client -- wget -q -O- 'http://${target}'`);
        assert.match(page, /one family/, target);
      });
    }
  });

  test("restores etcd's data when the upgrade of etcd fails and has corrupted it", async () => {
    await control.run(`${admin}kubectl create configmap precious --from-literal=kept=yes`);
    walkthrough.write('k-control', '/root/spoiling/etcd+json.yaml', spoiling);
    walkthrough.write('k-control', '/root/upgrade.yaml', impatient);
    const { exitCode, stdout, stderr } = await control.attempt('kubeadm upgrade apply --config upgrade.yaml');
    assert.equal(exitCode, 1, stdout);
    assert.match(stderr, /The last words of etcd:\n/);
    assert.match(
      stdout,
      /\[upgrade\/etcd\] Rolling back etcd data\n\[upgrade\/etcd\] Etcd data rollback successful\n[\s\S]*\[upgrade\/etcd\] Etcd was rolled back and is now available\n/,
    );
    assert.match(
      stderr,
      /fatal error when trying to upgrade the etcd cluster, rolled the state back to pre-upgrade state/,
    );
    const failed = await control.run('ls /etc/kubernetes/tmp/kubeadm-backup-etcd-*/etcd-failed/member/wal');
    assert.match(failed, /\.wal\n/, 'what the failed one left is kept');
    await eventually(async () => {
      const kept = `${admin}kubectl get configmap precious -o jsonpath='{.data.kept}'`;
      assert.equal(await control.run(kept), 'yes');
    });
    await eventually(async () => {
      const pods = await control.run(`${admin}kubectl get pods -A --no-headers`);
      for (const row of pods.trim().split('\n')) assert.match(row, / (\d+)\/\1 +Running /);
      assert.match(pods, /^kube-system +etcd-k-control /m);
    });
    // New writes are stored as well, not only the old data restored.
    await control.run(`${admin}kubectl create configmap later && kubectl delete pod client --wait`);
    await control.run('kubeadm reset --force --cleanup-tmp-dir');
    assert.deepEqual(differences(neverJoined, await tracesInMachine(control)), noDifferences);
  });

  test('a machine with systemd', async () => {
    await walkthrough.typernetes.run('machine', 'create', 'k-systemd', '--systemd');
    const machine = walkthrough.inMachine('k-systemd');
    const show = async (unit: string, ...properties: string[]): Promise<string> =>
      (await machine.run(`systemctl show ${unit} ${properties.map((name) => `-p ${name}`).join(' ')}`)).trim();
    assert.equal(await machine.run('systemctl is-system-running --wait'), 'running\n');
    const before = await tracesInMachine(machine);
    walkthrough.write('k-systemd', '/root/graceful.yaml', graceful);
    const { stdout, stderr, exitCode } = await machine.attempt('kubeadm init --config graceful.yaml');
    assert.equal(exitCode, 0, stderr);
    assert.doesNotMatch(`${stdout}${stderr}`, /CgroupDriver/);
    assert.match(await machine.run('cat /var/lib/kubelet/config.yaml'), /^cgroupDriver: systemd$/m);
    assert.equal(
      await show('kubelet', 'ActiveState', 'UnitFileState', 'DropInPaths', 'NRestarts'),
      'NRestarts=0\nActiveState=active\nDropInPaths=/etc/systemd/system/kubelet.service.d/10-kubeadm.conf\nUnitFileState=enabled',
    );
    walkthrough.write('k-systemd', '/root/network.yaml', networkAddon());
    await machine.run(`${admin}kubectl apply -f network.yaml`);
    await machine.run(`${admin}kubectl wait --for=condition=Ready --timeout=180s node/k-systemd`);
    // Pods have slices, within one for all pods that has limits known to systemd.
    const uid = await machine.run(
      `${admin}kubectl -n kube-system get pod -l k8s-app=kube-proxy -o jsonpath='{.items[0].metadata.uid}'`,
    );
    const slice = `kubepods-besteffort-pod${uid.replaceAll('-', '_')}.slice`;
    assert.match(await show(slice, 'ActiveState'), /ActiveState=active/);
    await eventually(async () => assert.match(await show('kubepods.slice', 'MemoryLimit'), /^MemoryLimit=\d+$/));
    assert.doesNotMatch(await machine.run('journalctl -u kubelet --no-pager'), /busctl/);
    await servesWithSignedCertificate(machine);
    const over = await withCertificateNearlyOver(machine);
    // Only systemd restarts it.
    await machine.run('kill -KILL $(systemctl show kubelet -p MainPID --value)');
    await eventually(async () =>
      assert.equal(await show('kubelet', 'ActiveState', 'NRestarts'), 'NRestarts=1\nActiveState=active'),
    );
    await replacesCertificate(machine, over);
    // The kubelet delays the shutdown through systemd's login manager, and pods end in order.
    await eventually(async () => {
      const locks = await machine.run('systemd-inhibit --list --no-pager');
      assert.match(locks, /^kubelet +0 +root .* shutdown .* delay *$/m);
    });
    walkthrough.write('k-systemd', '/root/ends.yaml', endsInOrder);
    await machine.run(`${admin}kubectl apply -f ends.yaml`);
    await machine.run(`${admin}kubectl wait --for=condition=Ready --timeout=180s pod/usual`);
    await machine.run(`${admin}kubectl -n kube-system wait --for=condition=Ready --timeout=180s pod/critical`);
    const condition = `jsonpath='{.status.conditions[?(@.type=="Ready")].message}{"\\n"}'`;
    const watching = `${admin}setsid kubectl get node k-systemd --watch -o ${condition}`;
    await machine.run(
      `${watching} >/var/log/ends/node 2>&1 </dev/null & until [ -s /var/log/ends/node ]; do sleep 0.1; done`,
    );
    // The journal of this boot must survive the reboot.
    await machine.run('mkdir -p /var/log/journal && journalctl --flush');
    const stopped = await walkthrough.typernetes.start('machine', 'stop', 'k-systemd').outcome;
    assert.deepEqual(
      stopped,
      { exitCode: 0, stdout: 'machine/k-systemd stopped\n', stderr: '' },
      'nothing has to be cut off',
    );
    await walkthrough.typernetes.run('machine', 'start', 'k-systemd');
    const [usual = Number.NaN, critical = Number.NaN] = (
      await machine.run('cat /var/log/ends/usual /var/log/ends/critical')
    )
      .trim()
      .split('\n')
      .map(Number);
    assert.ok(usual < critical, `the usual pod ends at ${usual}, the critical one at ${critical}`);
    assert.match(await machine.run('cat /var/log/ends/node'), /\nnode is shutting down\n/);
    const journal = await machine.run('journalctl --unit=kubelet --no-pager | grep -F "systemd[1]"');
    assert.match(
      journal,
      /kubelet.service: Deactivated successfully/,
      'the kubelet ends by itself, with nobody there any more',
    );
    assert.doesNotMatch(journal, /timed out/);
    await eventually(async () => {
      const status = `{.status.phase}: {.status.reason}: {.status.message}`;
      assert.equal(
        await machine.run(`${admin}kubectl get pod usual -o jsonpath='${status}'`),
        'Failed: Terminated: Pod was terminated in response to imminent node shutdown.',
      );
      for (const what of ['deployment/coredns', 'daemonset/kube-proxy', 'daemonset/typernetes-network'])
        await machine.run(`${admin}kubectl -n kube-system rollout status ${what} --timeout=60s`);
    });
    await machine.run('kubeadm reset --force');
    assert.match(await show('kubelet', 'ActiveState'), /inactive/);
    assert.equal(await machine.run('ctr -n k8s.io tasks list -q; ls -A /etc/kubernetes/manifests'), '');
    assert.deepEqual(differences(before, await tracesInMachine(machine)), noDifferences);
    await walkthrough.typernetes.run('machine', 'delete', 'k-systemd');
  });

  test('external etcd and CA', async () => {
    const address = await addressOf(etcd);
    walkthrough.write('k-etcd', '/root/etcd.yaml', etcdCertificates(address));
    for (const name of ['etcd-ca', 'etcd-server', 'apiserver-etcd-client']) {
      await etcd.run(`kubeadm init phase certs ${name} --config etcd.yaml`);
    }
    await startEtcd(address);
    const client = '/etc/etcd-client';
    for (const [from, to] of [
      ['etcd/ca.crt', 'ca.crt'],
      ['apiserver-etcd-client.crt', 'client.crt'],
      ['apiserver-etcd-client.key', 'client.key'],
    ]) {
      walkthrough.write('k-control', `${client}/${to}`, readFileSync(fileIn('k-etcd', `/root/pki/${from}`), 'utf8'));
    }
    walkthrough.write('k-control', '/root/external.yaml', external(address, client));
    walkthrough.write('k-control', '/root/patches/kube-scheduler.json', '{"metadata": {"labels": {"by": "patch"}}}');
    await control.run('kubeadm init phase certs all --config external.yaml');
    await control.run('kubeadm init phase kubeconfig all --config external.yaml');
    await control.run('mv /etc/kubernetes/pki/ca.key /root/');
    const output = await control.run('kubeadm init --config external.yaml');
    assert.match(output, /\[certs\] Using existing ca keyless certificate authority/);
    assert.match(output, /\[kubeconfig\] External CA mode: Using user provided admin.conf/);
    assert.match(
      output,
      /\[patches\] Applied patch of type "application\/strategic-merge-patch\+json" to target "kube-scheduler"/,
    );
    assert.match(await control.run('openssl x509 -in /etc/kubernetes/pki/ca.crt -noout -text'), /ASN1 OID: secp384r1/);
    await control.run(`${admin}kubectl apply -f /usr/share/typernetes/network.yaml`);
    await control.run(`${admin}kubectl wait --for=condition=Ready --timeout=180s node/k-control`);
    const labels = `${admin}kubectl -n kube-system get pod kube-scheduler-k-control -o jsonpath='{.metadata.labels.by}'`;
    assert.equal(await control.run(labels), 'patch');
    const expiry = await control.run('kubeadm certs check-expiration --config external.yaml');
    assert.match(expiry, /^apiserver .* ca +yes *$/m);
    const user = await control.attempt('kubeadm kubeconfig user --client-name ann --config external.yaml');
    assert.match(user.stderr, /couldn't load the private key file \/etc\/kubernetes\/pki\/ca.key/);
  });

  test('a cluster whose machines all lost their power recovers by itself', async () => {
    await control.run(`${admin}kubectl run web --image=busybox --overrides='${onControlPlane}' -- sleep 36000`);
    await control.run(`${admin}kubectl wait --for=condition=Ready --timeout=180s pod/web`);
    for (const name of ['k-control', 'k-etcd']) await walkthrough.typernetes.run('machine', 'stop', name, '--force');
    for (const name of ['k-etcd', 'k-control']) await walkthrough.typernetes.run('machine', 'start', name);
    // etcd was started by hand here, so it must be again; everything else is up to the kubelet.
    await startEtcd(await addressOf(etcd));
    await eventually(async () => {
      const pods = await control.run(`${admin}kubectl get pods -A --no-headers`);
      assert.match(pods, /^default +web +1\/1 +Running +[1-9]/m);
      assert.equal(
        pods
          .trim()
          .split('\n')
          .every((row) => / (\d+)\/\1 +Running /.test(row)),
        true,
        pods,
      );
    });
    await control.run('apt-get remove --yes kubeadm kubelet kubectl typernetes-node typernetes-images 2>&1');
    assert.equal((await control.attempt('which kubeadm kubelet')).stdout, '');
    await walkthrough.typernetes.run('machine', 'delete', 'k-control', 'k-etcd');
    await eventually(() => assert.deepEqual(tracesOf(walkthrough.home), noTraces));
    assert.equal(hostNetwork(), networkBefore);
  });

  /** `serverTLSBootstrap`: the cluster signs the kubelet's serving certificate, once the request is approved. */
  async function servesWithSignedCertificate(machine: Shell): Promise<void> {
    const serving = 'kubernetes.io/kubelet-serving';
    const pending = `${admin}kubectl get csr --field-selector=spec.signerName=${serving} -o name`;
    await eventually(async () => assert.match(await machine.run(pending), /^certificatesigningrequest/));
    await machine.run(`${admin}kubectl certificate approve $(${pending})`);
    const asked = 'openssl s_client -connect $(hostname -i):10250 -CAfile /etc/kubernetes/pki/ca.crt </dev/null 2>&1';
    await eventually(async () => {
      const { stdout } = await machine.attempt(asked);
      assert.match(stdout, /Verify return code: 0 \(ok\)/);
      assert.match(stdout, /O ?= ?system:nodes, CN ?= ?system:node:k-systemd/);
    });
  }

  /**
   * Gives the kubelet a client certificate that expires in a minute, so that rotation is due soon. Resolves to its
   * expiry.
   */
  async function withCertificateNearlyOver(machine: Shell): Promise<number> {
    const pki = (name: string): string => readFileSync(fileIn('k-systemd', `/etc/kubernetes/pki/${name}`), 'utf8');
    const key = privateKeyPem(await newPrivateKey());
    const request = await parseSigningRequest(
      await createSigningRequest(key, { commonName: 'system:node:k-systemd', organizations: ['system:nodes'] }),
    );
    const now = systemClock.now();
    const validity = { notBefore: now - 90_000, notAfter: now + 60_000 };
    const certificate = await signRequest({ certificate: pki('ca.crt'), privateKey: pki('ca.key') }, request, {
      ...validity,
      usages: ['digital signature', 'client auth'],
    });
    walkthrough.write('k-systemd', '/var/lib/kubelet/pki/nearly-over.pem', `${certificate}${key}`);
    await machine.run('cd /var/lib/kubelet/pki && ln -sf nearly-over.pem kubelet-client-current.pem');
    // From here on the kubeconfig refers to the certificate's file instead of containing the first one.
    await machine.run('kubeadm init phase kubelet-finalize enable-client-cert-rotation --config graceful.yaml');
    return validity.notAfter;
  }

  /**
   * The running kubelet replaces it in time by one with the lifetime that the controller manager sets, and still works
   * when the old one has expired.
   */
  async function replacesCertificate(machine: Shell, over: number): Promise<void> {
    const current = '/var/lib/kubelet/pki/kubelet-client-current.pem';
    await eventually(async () => assert.match(await machine.run(`readlink ${current}`), /kubelet-client-\d{4}-/));
    const [begin = Number.NaN, end = Number.NaN] = (
      await machine.run(
        `openssl x509 -in ${current} -noout -startdate -enddate | cut -d= -f2 | xargs -d '\n' -n 1 date +%s -d`,
      )
    )
      .trim()
      .split('\n')
      .map(Number);
    assert.equal(end - begin, 3600 + 300, 'an hour, and what it begins earlier');
    const requests = await machine.run(`${admin}kubectl get csr --no-headers`);
    assert.match(requests, / kubernetes.io\/kube-apiserver-client-kubelet +system:node:k-systemd .* Approved,Issued/);
    const renewed = `${admin}kubectl -n kube-node-lease get lease k-systemd -o jsonpath='{.spec.renewTime}'`;
    await eventually(async () => assert.ok(Date.parse(await machine.run(renewed)) > over + 1000));
  }

  async function startEtcd(address: string): Promise<void> {
    const pki = '/root/pki/etcd';
    const flags = [
      `--data-dir=/var/lib/etcd-elsewhere --listen-client-urls=https://${address}:2379 --advertise-client-urls=https://${address}:2379`,
      `--cert-file=${pki}/server.crt --key-file=${pki}/server.key --trusted-ca-file=${pki}/ca.crt --client-cert-auth`,
    ];
    await etcd.run(`setsid etcd ${flags.join(' ')} >/var/log/etcd.log 2>&1 </dev/null &`);
  }
});

const broken = `
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
timeouts: {controlPlaneComponentHealthCheck: 15s}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
controllerManager: {extraArgs: [{name: nonsense, value: "1"}]}
`;

const ofIpv6 = (address: string): string => `
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: "${address}"}
nodeRegistration: {kubeletExtraArgs: [{name: node-ip, value: "${address}"}]}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
etcd: {local: {}}
networking: {podSubnet: "fd00:10:244::/56", serviceSubnet: "fd00:10:96::/112"}
`;

const graceful = `
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
controllerManager: {extraArgs: [{name: cluster-signing-duration, value: 1h}]}
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
serverTLSBootstrap: true
shutdownGracePeriod: 30s
shutdownGracePeriodCriticalPods: 10s
`;

/** Each records when it is told to stop; the ordinary one takes a second before that. */
const endsInOrder = [
  { name: 'usual', namespace: 'default', more: '', before: 'sleep 1; ' },
  { name: 'critical', namespace: 'kube-system', more: 'priorityClassName: system-node-critical', before: '' },
]
  .map(
    ({ name, namespace, more, before }) => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  nodeName: k-systemd
  tolerations: [{operator: Exists}]
  ${more}
  containers:
  - name: c
    image: busybox
    command: [sh, -c, 'trap "${before}cut -d\\" \\" -f1 /proc/uptime >/ends/${name}; exit 0" TERM; while :; do sleep 0.1; done']
    volumeMounts: [{name: ends, mountPath: /ends}]
  volumes: [{name: ends, hostPath: {path: /var/log/ends, type: DirectoryOrCreate}}]
`,
  )
  .join('---');

/** An etcd that does not start, after damaging the data so that the previous one cannot start either. */
const spoiling = `
- {op: add, path: /spec/containers/0/command/-, value: --nonsense=1}
- op: add
  path: /spec/initContainers
  value:
  - name: spoil
    image: busybox
    command: [sh, -c, 'for file in /var/lib/etcd/member/wal/*.wal; do dd if=/dev/urandom of=$file bs=65536 count=1 conv=notrunc; done']
    volumeMounts: [{name: etcd-data, mountPath: /var/lib/etcd}]
`;

const impatient = `
apiVersion: kubeadm.k8s.io/v1beta4
kind: UpgradeConfiguration
timeouts: {upgradeManifests: 15s, controlPlaneComponentHealthCheck: 15s}
apply: {kubernetesVersion: ${version}, forceUpgrade: true, patches: {directory: /root/spoiling}}
`;

const etcdCertificates = (address: string): string => `
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
certificatesDir: /root/pki
etcd: {local: {dataDir: /var/lib/etcd, serverCertSANs: ["${address}"]}}
`;

const external = (address: string, client: string): string => `
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
encryptionAlgorithm: ECDSA-P384
etcd:
  external:
    endpoints: ["https://${address}:2379"]
    caFile: ${client}/ca.crt
    certFile: ${client}/client.crt
    keyFile: ${client}/client.key
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
patches: {directory: patches}
`;

const onControlPlane = JSON.stringify({ spec: { tolerations: [{ operator: 'Exists' }] } });
