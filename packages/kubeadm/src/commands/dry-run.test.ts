import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterInfoSignatureKey, signDetached } from '@typernetes/pki';
import { decodeDocument } from '@typernetes/process';
import { etcdClientUrlsAnnotation } from '../etcd/etcd-urls.ts';
import { dryRunLines, FakeCluster, FakeHost, golden, runOn } from '../testing/index.ts';

const folder = '/etc/kubernetes/tmp/kubeadm-init-dryrun-2026-01-01-00-00-00';

test('a dry run of init changes nothing, and shows everything except secrets', async () => {
  const host = new FakeHost();
  const cluster = new FakeCluster();
  const { code, out, err } = await runOn(host, cluster, ['init', '--dry-run', '--skip-phases=show-join-command']);
  assert.equal(code, 0, err);
  golden('init-dry-run.txt', dryRunLines(out));
  assert.deepEqual(
    host.written.filter((path) => !path.startsWith(folder)),
    [],
  );
  assert.ok(host.texts.has(`${folder}/etc/kubernetes/pki/ca.crt`));
  assert.deepEqual(host.ran, ['df -Pk /var/lib', 'kubelet --version']);
  assert.equal(cluster.objects.size, 0);
  assert.ok(!out.includes('PRIVATE KEY') && !/client-key-data/.test(out));
});

test('a dry run of reset touches no file, no pod and no service', async () => {
  const host = new FakeHost({ files: { '/etc/kubernetes/admin.conf': 'x', '/etc/kubernetes/pki/ca.crt': 'y' } });
  const { code, out, err } = await runOn(host, new FakeCluster(), ['reset', '--dry-run', '--cleanup-tmp-dir']);
  assert.equal(code, 0, err);
  golden('reset-dry-run.txt', dryRunLines(out));
  assert.ok(host.texts.has('/etc/kubernetes/admin.conf') && host.texts.has('/etc/kubernetes/pki/ca.crt'));
  assert.deepEqual(host.ran, []);
});

test('patches are applied to their targets, in the order of their files', async () => {
  const patch = (name: string, text: string): Record<string, string> => ({ [`/patches/${name}`]: text });
  const host = new FakeHost({
    files: {
      ...patch('kube-apiserver0.yaml', 'spec: {containers: [{name: kube-apiserver, env: [{name: A, value: "1"}]}]}'),
      ...patch('kube-apiserver1+json.json', '[{"op": "add", "path": "/metadata/labels/by", "value": "patch"}]'),
      ...patch('kube-scheduler+merge.yaml', 'spec: {priority: 7}'),
      ...patch('kubeletconfiguration.yaml', 'maxPods: 42'),
      ...patch('notes.txt', 'hello'),
      ...patch('other.yaml', 'a: b'),
      ...patch('etcd.yaml', ''),
    },
  });
  const init = (...args: string[]): ReturnType<typeof runOn> =>
    runOn(host, new FakeCluster(), ['init', 'phase', ...args, '--patches=/patches']);
  const { code, out, err } = await init('control-plane', 'all');
  assert.equal(code, 0, err);
  assert.match(out, /\[patches\] Ignoring file "notes.txt": the file extension must be one of \[json yaml\]\n/);
  assert.match(out, /\[patches\] Ignoring file "other.yaml": unknown target, must be one of \[etcd kube-apiserver /);
  assert.match(out, /\[patches\] Ignoring empty file: "etcd.yaml"\n/);
  assert.match(
    out,
    /Applied patch of type "application\/strategic-merge-patch\+json" to target "kube-apiserver"\n\[patches\] Applied patch of type "application\/json-patch\+json"/,
  );
  type Manifest = {
    metadata: { labels: Record<string, string> };
    spec: { priority: number; containers: { image: string; env?: unknown }[] };
  };
  const manifest = (name: string): Manifest =>
    decodeDocument(host.texts.get(`/etc/kubernetes/manifests/${name}.yaml`) ?? '') as Manifest;
  const server = manifest('kube-apiserver');
  assert.deepEqual(server.spec.containers[0]?.env, [{ name: 'A', value: '1' }]);
  assert.match(server.spec.containers[0]?.image ?? '', /kube-apiserver/);
  assert.equal(server.metadata.labels.by, 'patch');
  assert.equal(manifest('kube-scheduler').spec.priority, 7);
  await init('kubelet-start');
  assert.match(host.texts.get('/var/lib/kubelet/config.yaml') ?? '', /^maxPods: 42$/m);

  host.texts.set('/patches/etcd+foo.yaml', 'a: b');
  assert.match((await init('control-plane', 'all')).err, /unknown or missing patch type after '\+'/);
  host.texts.delete('/patches/etcd+foo.yaml');
  host.texts.set('/patches/kube-scheduler+json.yaml', '[{op: remove, path: /nothing}]');
  const failed = await init('control-plane', 'scheduler');
  assert.match(failed.err, /could not apply the following patch of type "application\/json-patch\+json" to target/);
  const missing = await runOn(host, new FakeCluster(), ['init', 'phase', 'control-plane', 'all', '--patches=/nowhere']);
  assert.match(missing.err, /could not list patch files for path "\/nowhere"/);
});

test('single phases of join and reset can be run; unknown phases are reported', async () => {
  const host = new FakeHost();
  const cluster = new FakeCluster();
  const reset = await runOn(host, cluster, ['reset', 'phase', 'cleanup-node']);
  assert.equal(reset.code, 0, reset.err);
  assert.match(reset.out, /^\[reset\] Stopping the kubelet service\n/);
  const unknown = await runOn(host, cluster, ['join', 'phase', 'kubelet-begin']);
  assert.match(unknown.err, /^error: unknown command "kubelet-begin" for "kubeadm join phase"\n/);
  const skipped = await runOn(host, cluster, ['reset', '--force', '--skip-phases=nothing']);
  assert.match(skipped.err, /invalid phase name: nothing/);
});

test('a dry run of join reads the cluster; a dry run of token create only prints', async () => {
  const cluster = new FakeCluster({
    '/api/v1/namespaces/kube-system': { metadata: { name: 'kube-system' } },
    '/api/v1/namespaces/kube-public': { metadata: { name: 'kube-public' } },
    '/api/v1/nodes/master': { metadata: { name: 'master', resourceVersion: '1' }, spec: {} },
  });
  const first = new FakeHost();
  const made = await runOn(first, cluster, ['init', '--control-plane-endpoint=10.0.0.100:6443', '--upload-certs']);
  const info = '/api/v1/namespaces/kube-public/configmaps/cluster-info';
  const { data } = cluster.objects.get(info) as unknown as { data: Record<string, string> };
  const token = { id: 'abcdef', secret: '0123456789abcdef' };
  data[clusterInfoSignatureKey(token.id)] = signDetached(data.kubeconfig ?? '', token);
  cluster.objects.set('/api/v1/namespaces/kube-system/pods/etcd-master', {
    metadata: {
      name: 'etcd-master',
      labels: { component: 'etcd', tier: 'control-plane' },
      annotations: { [etcdClientUrlsAnnotation]: 'https://10.0.0.2:2379' },
    },
  });
  const host = new FakeHost({
    hostName: 'other',
    address: '10.0.0.3',
    get: async (url) => ({
      status: 200,
      body: url.includes('/cluster-info') ? JSON.stringify(cluster.objects.get(info)) : 'ok',
    }),
  });
  const line = /^ {2}kubeadm (join (?:.*\\\n)*.*--control-plane.*)$/m.exec(made.out)?.[1] ?? '';
  const objects = JSON.stringify([...cluster.objects]);
  const { code, out, err } = await runOn(host, cluster, [...line.replaceAll(/\\\n\s*/g, '').split(/\s+/), '--dry-run']);
  assert.equal(code, 0, err);
  golden('join-dry-run.txt', dryRunLines(out));
  for (const said of [
    /\[dryrun\] Would write file "\/etc\/kubernetes\/manifests\/kube-apiserver.yaml" with content:/,
    /\[dryrun\] Would add the etcd member https:\/\/10.0.0.3:2380 as a learner/,
    /\[dryrun\] Would wait for the kubelet to be healthy and to perform the TLS Bootstrap/,
    /\[dryrun\] Would perform action PATCH on resource "nodes" in API group "core\/v1"\n\[dryrun\] Resource name "other"/,
  ]) {
    assert.match(out, said);
  }
  assert.deepEqual(
    host.written.filter((path) => !path.includes('/kubeadm-join-dryrun-')),
    [],
  );
  assert.equal(JSON.stringify([...cluster.objects]), objects);

  const [start = '', ...rest] = line.replaceAll(/\\\n\s*/g, '').split(/\s+/);
  const asWorker = [
    start,
    ...rest.filter(
      (word, i) => !/^--(control-plane|certificate-key)$/.test(word) && rest[i - 1] !== '--certificate-key',
    ),
  ];
  const worker = await runOn(host, cluster, [...asWorker, '--dry-run']);
  assert.equal(worker.code, 0, worker.err);
  golden('join-worker-dry-run.txt', dryRunLines(worker.out));

  const created = await runOn(first, cluster, ['token', 'create', 'zzzzzz.0123456789abcdef', '--dry-run']);
  assert.match(
    created.out,
    /\[dryrun\] Would perform action CREATE on resource "secrets"[\s\S]*token-secret: <withheld>/,
  );
  assert.equal(JSON.stringify([...cluster.objects]), objects);
});
