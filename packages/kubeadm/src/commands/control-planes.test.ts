import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseKubeconfig } from '@typernetes/client';
import { decodeDocument } from '@typernetes/process';
import {
  endpoint,
  FakeCluster,
  FakeEtcd,
  FakeHost,
  golden,
  initialized,
  joinLine,
  runOn,
  second,
} from '../testing/index.ts';

test('a second control plane joins with the command that init prints; its etcd member is a learner first', async () => {
  const { cluster, first, ran } = await initialized(`--control-plane-endpoint=${endpoint}`, '--upload-certs');
  golden('init-stacked.txt', [ran.out, '---- files', ...first.written, ''].join('\n'));
  const manifest = first.texts.get('/etc/kubernetes/manifests/etcd.yaml') ?? '';
  golden('etcd.yaml', manifest);
  assert.match(
    first.texts.get('/etc/kubernetes/manifests/kube-apiserver.yaml') ?? '',
    /--etcd-servers=https:\/\/127.0.0.1:2379\n/,
  );

  const etcd = new FakeEtcd({ name: 'master', peerUrl: 'https://10.0.0.2:2380' });
  const host = second(cluster, etcd);
  cluster.objects.set('/api/v1/nodes/other', { metadata: { name: 'other', resourceVersion: '1' }, spec: {} });
  const joined = await runOn(host, cluster, joinLine(ran));
  assert.equal(joined.code, 0, joined.err);
  golden('join-control-plane.txt', [joined.out, '---- files', ...host.written, ''].join('\n'));
  for (const name of ['ca.key', 'sa.key', 'front-proxy-ca.key', 'etcd/ca.key']) {
    const path = `/etc/kubernetes/pki/${name}`;
    assert.equal(host.texts.get(path), first.texts.get(path), name);
  }
  assert.deepEqual(
    etcd.members.map(({ isLearner }) => isLearner),
    [false, false],
  );
  assert.match(
    host.texts.get('/etc/kubernetes/manifests/etcd.yaml') ?? '',
    /--initial-cluster=master=https:\/\/10.0.0.2:2380,other=https:\/\/10.0.0.3:2380\n.*--initial-cluster-state=existing\n/,
  );
  const kubelet = parseKubeconfig(host.texts.get('/etc/kubernetes/kubelet.conf') ?? '');
  assert.equal(kubelet.clusters.c?.server, 'https://10.0.0.3:6443', 'the kubelet uses the API server of its machine');

  const reset = await runOn(host, cluster, ['reset', '--force']);
  assert.equal(reset.code, 0, reset.err);
  assert.equal(reset.err, '');
  assert.match(reset.out, /\[reset\] Removed the etcd member "" from the etcd cluster/);
  assert.match(reset.out, /Deleting contents of directories: \[.* \/var\/lib\/etcd\]/);
  assert.deepEqual(
    etcd.members.map(({ name }) => name),
    ['master'],
  );
});

test('joining a control plane needs a shared store and the right certificate key', async () => {
  const etcd = new FakeEtcd({ name: 'master', peerUrl: 'https://10.0.0.2:2380' });
  const lone = await initialized();
  const worker = (/kubeadm (join [\s\S]*)$/.exec(lone.ran.out)?.[1] ?? '')
    .replaceAll(/\\\n\s*/g, '')
    .trim()
    .split(/\s+/);
  const host = second(lone.cluster, etcd);
  const ignore = '--ignore-preflight-errors=all';
  const refused = await runOn(host, lone.cluster, [...worker, '--control-plane', ignore]);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /unable to add a new control plane instance to a cluster with the embedded store/);

  const several = await initialized(`--control-plane-endpoint=${endpoint}`, '--upload-certs');
  const line = joinLine(several.ran);
  const other = second(several.cluster, etcd);
  line[line.indexOf('--certificate-key') + 1] = '0'.repeat(64);
  const wrongKey = await runOn(other, several.cluster, line);
  assert.match(wrongKey.err, /error decoding secret data with provided key: cipher: message authentication failed\n/);

  several.cluster.objects.delete('/api/v1/namespaces/kube-system/secrets/kubeadm-certs');
  const expired = await runOn(second(several.cluster, etcd), several.cluster, line);
  assert.match(expired.err, /Secret "kubeadm-certs" was not found.*This Secret might have expired/);

  const without = line.slice(0, line.indexOf('--certificate-key'));
  const missing = await runOn(second(several.cluster, etcd), several.cluster, [...without, ignore]);
  assert.match(missing.err, /The certificates that must be shared among control plane instances are provided/);
});

test('etcd.local selects etcd even without an endpoint, and its settings reach the manifest', async () => {
  const host = new FakeHost({
    files: {
      '/c.yaml':
        'apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\netcd: {local: {dataDir: /data, extraArgs: [{name: snapshot-count, value: "5"}]}}\n',
    },
  });
  const { code, out, err } = await runOn(host, new FakeCluster(), [
    'init',
    'phase',
    'etcd',
    'local',
    '--config=/c.yaml',
  ]);
  assert.equal(code, 0, err);
  assert.equal(out, '[etcd] Creating static Pod manifest for local etcd in "/etc/kubernetes/manifests"\n');
  const manifest = decodeDocument(host.texts.get('/etc/kubernetes/manifests/etcd.yaml') ?? '') as {
    spec: { containers: { command: string[] }[] };
  };
  const command = manifest.spec.containers[0]?.command ?? [];
  assert.ok(command.includes('--data-dir=/data') && command.includes('--snapshot-count=5'), command.join(' '));
});
