import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '@typernetes/api/core/v1';
import { decodeDocument } from '@typernetes/process';
import { FakeCluster, FakeHost, type Ran, runOn } from '../testing/index.ts';

const files = { '/etcd/ca.crt': 'ca', '/etcd/client.crt': 'cert', '/etcd/client.key': 'key' };

function machine(etcd: string, present: Readonly<Record<string, string>> = files): FakeHost {
  const text = `apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\netcd: {external: ${etcd}}\n`;
  return new FakeHost({
    files: { ...present, '/c.yaml': text },
    get: async () => ({ status: 200, body: '{"etcdserver":"3.6.4","etcdcluster":"3.6.0"}' }),
  });
}

const phase = (host: FakeHost, ...names: string[]): Promise<Ran> =>
  runOn(host, new FakeCluster(), ['init', 'phase', ...names, '--config=/c.yaml']);

async function apiServer(host: FakeHost): Promise<NonNullable<Pod['spec']>> {
  const { code, err } = await phase(host, 'control-plane', 'apiserver');
  assert.equal(code, 0, err);
  return (decodeDocument(host.texts.get('/etc/kubernetes/manifests/kube-apiserver.yaml') ?? '') as Pod).spec as never;
}

const tls =
  '{endpoints: ["https://e1:2379", "https://e2:2379"], caFile: /etcd/ca.crt, certFile: /etcd/client.crt, keyFile: /etcd/client.key}';

test('external etcd is reached by TLS with the configured files, and no local etcd is set up', async () => {
  const host = machine(tls);
  const checks = await phase(host, 'preflight');
  assert.equal(checks.code, 0, checks.err);
  const certs = await phase(host, 'certs', 'all');
  const skipped = certs.out.split('\n').filter((line) => line.includes('External etcd mode'));
  assert.deepEqual(skipped, [
    '[certs] External etcd mode: Skipping etcd/ca certificate authority generation',
    '[certs] External etcd mode: Skipping etcd/server certificate generation',
    '[certs] External etcd mode: Skipping etcd/peer certificate generation',
    '[certs] External etcd mode: Skipping etcd/healthcheck-client certificate generation',
    '[certs] External etcd mode: Skipping apiserver-etcd-client certificate generation',
  ]);
  const local = await phase(host, 'etcd', 'local');
  assert.equal(local.out, '[etcd] External etcd mode. Skipping the creation of a manifest for local etcd\n');
  assert.deepEqual(
    host.written.filter((path) => path.includes('etcd')),
    [],
  );
  const { containers, volumes } = await apiServer(host);
  assert.deepEqual(
    containers[0]?.command?.filter((flag) => flag.includes('etcd')),
    [
      '--etcd-cafile=/etcd/ca.crt',
      '--etcd-certfile=/etcd/client.crt',
      '--etcd-keyfile=/etcd/client.key',
      '--etcd-servers=https://e1:2379,https://e2:2379',
    ],
  );
  assert.ok(volumes?.some(({ hostPath }) => hostPath?.path === '/etcd'));
});

test('without TLS the API server gets endpoints only', async () => {
  const { containers } = await apiServer(machine('{endpoints: ["http://e1:2379"]}'));
  const flags = containers[0]?.command?.filter((flag) => flag.includes('etcd'));
  assert.deepEqual(flags, ['--etcd-servers=http://e1:2379']);
});

test('missing files are reported before anything is written', async () => {
  const { '/etcd/client.key': _missing, ...present } = files;
  const { code, err } = await phase(machine(tls, present), 'preflight');
  assert.equal(code, 1);
  assert.match(err, /\t\[ERROR ExternalEtcdClientCertificates\]: \/etcd\/client.key doesn't exist\nSuggestion: /);
  assert.match(
    err,
    /\t\[ERROR ExternalEtcdVersion\]: couldn't load external etcd's certificate and key pair \/etcd\/client.crt, \/etcd\/client.key: open \/etcd\/client.key: no such file or directory\n/,
  );
  const none = await phase(machine(tls, {}), 'preflight');
  assert.match(
    none.err,
    /couldn't load external etcd's server certificate \/etcd\/ca.crt: open \/etcd\/ca.crt: no such/,
  );
});
