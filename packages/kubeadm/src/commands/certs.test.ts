import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { inspectCertificate } from '@typernetes/pki';
import { renewableNames } from '../certs/renewable.ts';
import { FakeCluster, FakeHost, golden, runOn } from '../testing/index.ts';

const folder = '/etc/kubernetes/pki';
const run = async (host: FakeHost, ...args: string[]) => {
  const ran = await runOn(host, new FakeCluster(), args);
  assert.equal(ran.code, 0, ran.err);
  return ran.out;
};

test('lists certificates with their residual time, and renews them with the same names and new keys', async () => {
  const host = new FakeHost();
  const etcd = '--control-plane-endpoint=lb:6443';
  for (const phase of ['certs', 'kubeconfig']) await run(host, 'init', 'phase', phase, 'all', etcd);
  host.texts.delete('/etc/kubernetes/super-admin.conf');
  golden('check-expiration.txt', await run(host, 'certs', 'check-expiration'));
  const info = JSON.parse(await run(host, 'certs', 'check-expiration', '-o', 'json'));
  assert.deepEqual(info.certificates[0], {
    name: 'admin.conf',
    expirationDate: '2027-01-01T00:00:00Z',
    residualTime: 365 * 24 * 3600,
    externallyManaged: false,
    caName: 'ca',
    missing: false,
  });
  assert.equal(info.certificates.at(-1).missing, true);
  const read = (file: string): string => host.texts.get(file) ?? '';
  const before = new Map(host.texts);
  const renewed = await run(host, 'certs', 'renew', 'all');
  golden('renew-all.txt', renewed);
  const names = (text: string | undefined) => {
    const { commonName, organizations, dnsNames, ipAddresses } = inspectCertificate(new X509Certificate(text ?? ''));
    return { commonName, organizations, dnsNames, ipAddresses };
  };
  for (const name of ['apiserver', 'etcd/peer', 'front-proxy-client']) {
    const file = `${folder}/${name}`;
    assert.deepEqual(names(read(`${file}.crt`)), names(before.get(`${file}.crt`)), name);
    assert.notEqual(read(`${file}.key`), before.get(`${file}.key`), name);
  }
  assert.notEqual(read('/etc/kubernetes/admin.conf'), before.get('/etc/kubernetes/admin.conf'));
  assert.equal(read(`${folder}/ca.crt`), before.get(`${folder}/ca.crt`));

  assert.match(await run(host, 'certs', 'certificate-key'), /^[0-9a-f]{64}\n$/);
});

test('renews each certificate by name; skips those of an external authority and those that do not exist', async () => {
  const host = new FakeHost();
  const etcd = '--control-plane-endpoint=lb:6443';
  for (const phase of ['certs', 'kubeconfig']) await run(host, 'init', 'phase', phase, 'all', etcd);
  const file = (name: string): string =>
    name.endsWith('.conf')
      ? `/etc/kubernetes/${name}`
      : `${folder}/${name === 'apiserver-etcd-client' ? name : name.replace('etcd-', 'etcd/')}.crt`;
  const names = renewableNames.map(({ name }) => name);
  assert.deepEqual(names, [
    'admin.conf',
    'apiserver',
    'apiserver-etcd-client',
    'apiserver-kubelet-client',
    'controller-manager.conf',
    'etcd-healthcheck-client',
    'etcd-peer',
    'etcd-server',
    'front-proxy-client',
    'scheduler.conf',
    'super-admin.conf',
  ]);
  for (const { name, what } of renewableNames) {
    const before = new Map(host.texts);
    const out = await run(host, 'certs', 'renew', name);
    assert.equal(out.trimEnd().split('\n').at(-1), `${what} renewed`);
    const changed = [...host.texts].filter(([path, text]) => before.get(path) !== text).map(([path]) => path);
    const key = file(name).replace(/\.crt$/, '.key');
    assert.deepEqual(changed.sort(), [...new Set([file(name), key])].sort());
  }
  // From now on all three authorities are external.
  const authorities = { ca: 'apiserver', 'front-proxy-ca': 'front-proxy-client', 'etcd/ca': 'etcd-peer' };
  for (const [authority, name] of Object.entries(authorities)) {
    host.texts.delete(`${folder}/${authority}.key`);
    const before = new Map(host.texts);
    const what = renewableNames.find((each) => each.name === name)?.what;
    const out = await run(host, 'certs', 'renew', name);
    assert.ok(out.endsWith(`\nDetected external ${authority}, ${what} can't be renewed\n`), out);
    assert.deepEqual(host.texts, before);
  }
  const all = await run(host, 'certs', 'renew', 'all');
  assert.equal(all.match(/Detected external ca, /g)?.length, 6, all);
  assert.match(await run(host, 'certs', 'check-expiration'), /\napiserver .* ca +yes +\n[\s\S]*\netcd-ca .* yes +\n/);
  host.texts.delete('/etc/kubernetes/scheduler.conf');
  assert.match(
    await run(host, 'certs', 'renew', 'scheduler.conf'),
    /\nMISSING! certificate embedded in the kubeconfig file/,
  );
  const without = new FakeHost();
  await run(without, 'init', 'phase', 'certs', 'all');
  assert.match(await run(without, 'certs', 'renew', 'etcd-server'), /^MISSING! certificate for serving etcd\n/);

  const unknown = await runOn(host, new FakeCluster(), ['certs', 'renew', 'nothing']);
  assert.equal(unknown.code, 1);
  assert.match(unknown.err, /^error: unknown command "nothing" for "kubeadm certs renew"\n/);
  const more = await runOn(host, new FakeCluster(), ['certs', 'renew', 'all', 'apiserver']);
  assert.match(more.err, /^error: unknown command "apiserver" for "kubeadm certs renew all"\n/);
});

test('without a kubeconfig the cluster is not asked, and nothing is said of it', async () => {
  const host = new FakeHost();
  for (const phase of ['certs', 'kubeconfig']) await run(host, 'init', 'phase', phase, 'all');
  host.texts.delete('/etc/kubernetes/admin.conf');
  assert.match(await run(host, 'certs', 'check-expiration'), /^CERTIFICATE +EXPIRES /);
  assert.match(await run(host, 'certs', 'renew', 'all'), /^MISSING! certificate embedded in the kubeconfig file/);
});
