import assert from 'node:assert/strict';
import { test } from 'node:test';
import { version } from '@typernetes/base';
import { decodeDocument, encodeYaml } from '@typernetes/process';
import type { CommandResult, HttpAnswer } from '../host.ts';
import {
  dryRunLines,
  FakeCluster,
  FakeHost,
  golden,
  old,
  olderCluster,
  phaseByPhase,
  runOn,
} from '../testing/index.ts';

const manifests = '/etc/kubernetes/manifests';

const stored = (cluster: FakeCluster, name: string): Record<string, string> =>
  cluster.objects.get(`/api/v1/namespaces/kube-system/configmaps/${name}`)?.data as Record<string, string>;

test('plan says what runs and what it would become', async () => {
  const { run } = await olderCluster();
  const { code, out, err } = await run('upgrade', 'plan');
  assert.equal(code, 0, err);
  golden('upgrade-plan.txt', out);
  const json = JSON.parse((await run('upgrade', 'plan', '-o', 'json')).out);
  assert.equal(json.kind, 'UpgradePlan');
  assert.deepEqual(json.availableUpgrades[0].components[0], {
    name: 'kubelet',
    currentVersion: old,
    newVersion: version,
    nodeName: 'master',
  });
});

test('apply exchanges the manifests one by one and leaves the rest of the machine alone', async () => {
  const { host, cluster, run } = await olderCluster({ flags: ['--control-plane-endpoint=10.0.0.2:6443'] });
  const kept = host.texts.get('/etc/kubernetes/pki/ca.crt');
  const certificate = host.texts.get('/etc/kubernetes/pki/apiserver.crt');
  const deployment = cluster.objects.get('/apis/apps/v1/namespaces/kube-system/deployments/coredns') as unknown as {
    spec: { replicas: number };
  };
  deployment.spec.replicas = 5;
  stored(cluster, 'kubelet-config').kubelet += 'maxPods: 77\n';
  const { code, out, err } = await run('upgrade', 'apply', version, '--yes');
  assert.equal(code, 0, err);
  golden('upgrade-apply.txt', out);
  for (const component of ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler']) {
    assert.match(host.texts.get(`${manifests}/${component}.yaml`) ?? '', new RegExp(version.replaceAll(/[+]/g, '-')));
    const backup = `/etc/kubernetes/tmp/kubeadm-backup-manifests-2026-01-01-00-00-00/${component}.yaml`;
    assert.match(host.texts.get(backup) ?? '', /v1\.36\.1-typernetes\.0\.0\.9/);
  }
  assert.equal(host.texts.get('/etc/kubernetes/pki/ca.crt'), kept);
  assert.notEqual(host.texts.get('/etc/kubernetes/pki/apiserver.crt'), certificate);
  assert.match(host.texts.get('/var/lib/kubelet/config.yaml') ?? '', /^maxPods: 77$/m);
  const after = cluster.objects.get('/apis/apps/v1/namespaces/kube-system/deployments/coredns') as unknown as {
    spec: { replicas: number };
  };
  assert.equal(after.spec.replicas, 5, 'how many there are is the user’s to say');
  const kubeadmConfig = decodeDocument(stored(cluster, 'kubeadm-config').ClusterConfiguration ?? '');
  assert.equal((kubeadmConfig as { kubernetesVersion: string }).kubernetesVersion, version);
  assert.deepEqual(host.ran, ['cp -a /var/lib/etcd /etc/kubernetes/tmp/kubeadm-backup-etcd-2026-01-01-00-00-00/etcd']);
  cluster.objects.set('/version', { gitVersion: version } as never);
  const again = await run('upgrade', 'apply', version, '-y', '--certificate-renewal=false');
  assert.match(again.out, /Current and new manifests of kube-apiserver are equal, skipping upgrade/);
});

test('a component that does not come up again brings all manifests back', async () => {
  const broken = (text: string): boolean => text.includes('--nonsense=1');
  const { host, cluster, run } = await olderCluster({ refuse: broken });
  const data = stored(cluster, 'kubeadm-config');
  const config = decodeDocument(data.ClusterConfiguration ?? '') as Record<string, unknown>;
  data.ClusterConfiguration = encodeYaml({ ...config, scheduler: { extraArgs: [{ name: 'nonsense', value: '1' }] } });
  const were = new Map([...host.texts].filter(([path]) => path.startsWith(manifests)));
  host.texts.set(
    '/upgrade.yaml',
    'apiVersion: kubeadm.k8s.io/v1beta4\nkind: UpgradeConfiguration\ntimeouts: {upgradeManifests: 2s}\napply: {forceUpgrade: true}\n',
  );
  const failed = await run('upgrade', 'apply', '--config=/upgrade.yaml', '--yes');
  assert.match(failed.err, /missing one or more required arguments/);
  host.texts.set(
    '/upgrade.yaml',
    `${host.texts.get('/upgrade.yaml')?.replace('{forceUpgrade: true}', `{forceUpgrade: true, kubernetesVersion: ${version}}`)}`,
  );
  const { code, out, err } = await run('upgrade', 'apply', '--config=/upgrade.yaml');
  assert.equal(code, 1);
  assert.match(
    err,
    /couldn't upgrade control plane. kubeadm has tried to recover everything into the earlier state. Errors faced: static Pod hash for component kube-scheduler on Node master did not change after 2s/,
  );
  assert.match(out, /Put the old manifest of "kube-apiserver" back/);
  for (const [path, text] of were) assert.equal(host.texts.get(path), text, path);
});

/** A stacked etcd whose next release does not come up; `etcd` says how the one of before does. */
async function failingEtcd(
  etcd: (host: FakeHost) => HttpAnswer,
  commands: Record<string, Partial<CommandResult>> = {},
): Promise<Awaited<ReturnType<typeof olderCluster>>> {
  const made: { host?: FakeHost } = {};
  const prepared = await olderCluster({
    flags: ['--control-plane-endpoint=10.0.0.2:6443'],
    commands,
    refuse: (text) => text.includes('component: etcd') && text.includes(version.replace('+', '-')),
    get: (url) => (url.includes(':2381/') && made.host ? etcd(made.host) : { status: 200, body: 'ok' }),
  });
  made.host = prepared.host;
  const limits = 'timeouts: {upgradeManifests: 2s, controlPlaneComponentHealthCheck: 3s}';
  prepared.host.texts.set(
    '/upgrade.yaml',
    `apiVersion: kubeadm.k8s.io/v1beta4\nkind: UpgradeConfiguration\n${limits}\napply: {forceUpgrade: true, kubernetesVersion: ${version}}\n`,
  );
  return prepared;
}

const copied = '/etc/kubernetes/tmp/kubeadm-backup-etcd-2026-01-01-00-00-00';
const copy = `cp -a /var/lib/etcd ${copied}/etcd`;
const exchange = [
  `find /var/lib/etcd -mindepth 1 -maxdepth 1 -exec mv -t ${copied}/etcd-failed {} +`,
  `cp -a ${copied}/etcd/. /var/lib/etcd`,
];
const upgradeWithConfig = ['upgrade', 'apply', '--config=/upgrade.yaml'];

test('an etcd that does not come up is put back, with its data as they are when it can read them', async () => {
  const { host, run } = await failingEtcd(() => ({ status: 200, body: '{"health":"true"}' }));
  const were = host.texts.get(`${manifests}/etcd.yaml`);
  const { code, out, err } = await run(...upgradeWithConfig);
  assert.equal(code, 1);
  assert.match(
    err,
    /fatal error when trying to upgrade the etcd cluster, rolled the state back to pre-upgrade state: couldn't upgrade control plane\. .* static Pod hash for component etcd on Node master did not change after 2s/,
  );
  assert.match(
    out,
    /\[upgrade\/etcd\] Waiting for previous etcd to become available\n\[upgrade\/etcd\] Etcd was rolled back and is now available\n/,
  );
  assert.equal(host.texts.get(`${manifests}/etcd.yaml`), were);
  assert.deepEqual(host.ran, [copy]);
});

test('when it cannot, they are put back too, while neither it nor the kubelet runs', async () => {
  const { host, run } = await failingEtcd(({ ran }) =>
    ran.includes(exchange[1] ?? '')
      ? { status: 200, body: '{"health":"true"}' }
      : { status: 503, body: '{"health":"false"}' },
  );
  const { code, out, err } = await run(...upgradeWithConfig);
  assert.equal(code, 1);
  assert.match(err, /Failed to healthcheck previous etcd: the server answers 503: \{"health":"false"\}\n/);
  assert.match(err, /rolled the state back to pre-upgrade state/);
  assert.match(
    out,
    /Rolling back etcd data\n.*Etcd data rollback successful\n.*Waiting for previous etcd to become available\n.*Etcd was rolled back and is now available\n/,
  );
  assert.deepEqual(host.ran, [
    copy,
    '/etc/init.d/kubelet stop',
    'remove pod kube-system/etcd-master',
    ...exchange,
    '/etc/init.d/kubelet restart',
  ]);
});

test('when they cannot be put back the kubelet stays down: no etcd begins anew with nothing', async () => {
  const full = 'cp: error writing: No space left on device';
  const { host, run } = await failingEtcd(() => ({ status: 503, body: 'no' }), {
    [exchange[1] ?? '']: { code: 1, stderr: full },
  });
  const { code, err } = await run(...upgradeWithConfig);
  assert.equal(code, 1);
  assert.ok(
    err.includes(`fatal error rolling back local etcd cluster datadir: ${full}; the kubelet is stopped, `),
    err,
  );
  assert.ok(err.includes(`copy what is in "${copied}/etcd" to "/var/lib/etcd", then start it`), err);
  assert.equal(host.ran.at(-1), exchange[1]);
});

test('an etcd that does not come back with them either is told of, with where they are', async () => {
  const { run } = await failingEtcd(() => ({ status: 503, body: 'no' }));
  const { code, err } = await run(...upgradeWithConfig);
  assert.equal(code, 1);
  assert.ok(
    err.includes(
      `fatal error rolling back local etcd cluster manifest: the server answers 503: no, the backup of etcd database is stored here:(${copied})`,
    ),
    err,
  );
});

test('one etcd member of several never gets old data: it would have forgotten what it acknowledged', async () => {
  const { host, cluster, run } = await failingEtcd(() => ({ status: 503, body: 'no' }));
  const own = cluster.objects.get('/api/v1/namespaces/kube-system/pods/etcd-master') ?? assert.fail();
  cluster.objects.set('/api/v1/namespaces/kube-system/pods/etcd-other', {
    ...own,
    metadata: { ...own.metadata, name: 'etcd-other' },
  });
  const { code, err } = await run(...upgradeWithConfig);
  assert.equal(code, 1);
  assert.match(
    err,
    /The data of one of 2 members is not put back: run "kubeadm reset" on this machine and join it again/,
  );
  assert.deepEqual(host.ran, [copy]);
});

test('versions that do not fit are refused before anything changes', async () => {
  const { host, cluster, run } = await olderCluster();
  const written = host.written.length;
  cluster.objects.set('/version', { gitVersion: 'v1.36.9+typernetes.9.9.9' } as never);
  const down = await run('upgrade', 'apply', version, '--yes');
  assert.equal(down.code, 1);
  assert.match(down.err, /downgrades are not supported/);
  const other = await run('upgrade', 'apply', 'v1.37.0', '--yes', '--force');
  assert.match(other.err, /at least one minor release higher than the kubeadm minor release/);
  const none = await run('upgrade', 'apply');
  assert.match(none.err, /missing one or more required arguments. Required arguments: \[version\]/);
  const node = cluster.objects.get('/api/v1/nodes/master') as unknown as { status: object };
  node.status = {};
  const sick = await run('upgrade', 'apply', version);
  assert.match(
    sick.err,
    /\[ERROR ControlPlaneNodesReady\]: there are NotReady control-planes in the cluster: \[master\]/,
  );
  assert.equal(host.written.length, written);
});

test('a node follows the release of the cluster, a worker without touching the control plane', async () => {
  const { host, cluster, run } = await olderCluster();
  const early = await run('upgrade', 'node');
  assert.equal(early.code, 0, early.err);
  const data = stored(cluster, 'kubeadm-config');
  data.ClusterConfiguration = (data.ClusterConfiguration ?? '').replaceAll(version, old);
  assert.match(
    (await run('upgrade', 'node')).err,
    /Run "kubeadm upgrade apply v.*" on one of the control planes first/,
  );
  data.ClusterConfiguration = data.ClusterConfiguration.replaceAll(old, 'v1.36.9+typernetes.1.0.0');
  assert.match((await run('upgrade', 'node')).err, /is higher than the kubeadm version/);
  data.ClusterConfiguration = data.ClusterConfiguration.replaceAll('v1.36.9+typernetes.1.0.0', version);
  for (const name of await host.files.list(manifests)) host.texts.delete(`${manifests}/${name}`);
  const { code, out, err } = await run('upgrade', 'node');
  assert.equal(code, 0, err);
  golden('upgrade-node.txt', out);
  assert.match((await run('upgrade', 'apply', version)).err, /runs on a control plane; on this machine, run/);
});

test('a machine that is no node has no kubeconfig to begin with', async () => {
  for (const [command, file] of [
    ['node', 'kubelet.conf'],
    ['diff', 'admin.conf'],
    ['plan', 'admin.conf'],
  ] as const) {
    const path = `/etc/kubernetes/${file}`;
    const { err } = await runOn(new FakeHost(), new FakeCluster(), ['upgrade', command]);
    const opened = `failed to load admin kubeconfig: open ${path}: no such file or directory`;
    assert.ok(err.includes(`error: couldn't create a Kubernetes client from file "${path}": ${opened}\n`), err);
  }
});

test('diff shows the manifests, a dry run changes nothing, phases run by themselves', async () => {
  const { host, cluster, run } = await olderCluster();
  const { out } = await run('upgrade', 'diff', '-c', '0');
  golden('upgrade-diff.txt', out);
  const [texts, objects] = [new Map(host.texts), JSON.stringify([...cluster.objects])];
  const dry = await run('upgrade', 'apply', version, '--dry-run');
  assert.equal(dry.code, 0, dry.err);
  golden('upgrade-apply-dry-run.txt', dryRunLines(dry.out));
  assert.match(dry.out, /\[dryrun\] Finished dryrunning successfully!\n$/);
  const node = await run('upgrade', 'node', '--dry-run');
  assert.equal(node.code, 0, node.err);
  golden('upgrade-node-dry-run.txt', dryRunLines(node.out));
  const changed = [...host.texts].filter(([path, text]) => !path.includes('-dryrun-') && texts.get(path) !== text);
  assert.deepEqual(changed, []);
  assert.equal(JSON.stringify([...cluster.objects]), objects);
});

test('each phase of an upgrade says what it did', async () => {
  const { host, cluster } = await olderCluster({ flags: ['--control-plane-endpoint=lb:6443'] });
  const args = (phase: string): string[] => (phase === 'preflight' ? ['--yes'] : []);
  golden('upgrade-apply-phases.txt', await phaseByPhase({ command: 'upgrade apply', args }, { host, cluster }));
  const after = await olderCluster();
  golden('upgrade-node-phases.txt', await phaseByPhase({ command: 'upgrade node' }, after));
});
