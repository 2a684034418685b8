/** kubeadm from its Debian packages on bare machines: dry run, a failure that is explained, CA and etcd kept elsewhere, power on again. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { version } from '@typernetes/base';
import { fileInMachine } from '@typernetes/machine';
import { eventually } from '../eventually.ts';
import { openWalkthrough, type Shell, type Walkthrough } from '../walkthrough/walkthrough.ts';
import { hostNetwork, noTraces, tracesOf } from './host-traces.ts';

const root = resolve(import.meta.dirname, '../..');
const admin = 'export KUBECONFIG=/etc/kubernetes/admin.conf; ';

describe('kubeadm on bare machines', () => {
  const networkBefore = hostNetwork();
  let walkthrough: Walkthrough;
  let control: Shell;
  let etcd: Shell;

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

  test('comes with Debian packages, and its images with them', async () => {
    const folder = join(walkthrough.home, 'debs');
    execFileSync(process.execPath, ['tools/deb/main.ts', folder], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const debs = globSync('*.deb', { cwd: folder });
    assert.equal(debs.length, 5);
    mkdirSync(fileIn('k-control', '/root/debs'));
    for (const deb of debs) copyFileSync(join(folder, deb), fileIn('k-control', `/root/debs/${basename(deb)}`));
    // What machines have beforehand is taken away: programs, of ours and of the host, and images.
    await control.run('rm /usr/local/bin/kube*; dpkg --purge kubeadm kubelet kubectl; true');
    await control.run('ctr -n k8s.io images ls -q | xargs ctr -n k8s.io images rm');
    const installed = await control.run('apt-get install --yes ./debs/*.deb 2>&1');
    assert.match(installed, /Setting up kubeadm/);
    assert.equal(
      await control.run('which kubeadm kubelet kubectl'),
      '/usr/bin/kubeadm\n/usr/bin/kubelet\n/usr/bin/kubectl\n',
    );
    assert.equal(await control.run('kubeadm version -o short'), `${version}\n`);
    assert.match(
      await control.run('cat /lib/systemd/system/kubelet.service.d/10-kubeadm.conf'),
      /ExecStart=\/usr\/bin\/kubelet /,
    );
    // Of units with mistakes, systemd says so and goes on.
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

  test('a component that does not come up is named, with what it said', async () => {
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

  test('an etcd and a CA that are kept elsewhere', async () => {
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
    await control.run('kubeadm init phase certs all --config external.yaml');
    await control.run('kubeadm init phase kubeconfig all --config external.yaml');
    await control.run('mv /etc/kubernetes/pki/ca.key /root/');
    walkthrough.write('k-control', '/root/patches/kube-scheduler.json', '{"metadata": {"labels": {"by": "patch"}}}');
    const output = await control.run('kubeadm init --config external.yaml --patches patches');
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

  test('a cluster whose machines all lost their power comes back by itself', async () => {
    await control.run(`${admin}kubectl run web --image=busybox --overrides='${onControlPlane}' -- sleep 36000`);
    await control.run(`${admin}kubectl wait --for=condition=Ready --timeout=180s pod/web`);
    for (const name of ['k-control', 'k-etcd']) await walkthrough.typernetes.run('machine', 'stop', name, '--force');
    for (const name of ['k-etcd', 'k-control']) await walkthrough.typernetes.run('machine', 'start', name);
    // etcd was started by hand here, so it is again; everything else is the kubelet's to do.
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
`;

const onControlPlane = JSON.stringify({ spec: { tolerations: [{ operator: 'Exists' }] } });
