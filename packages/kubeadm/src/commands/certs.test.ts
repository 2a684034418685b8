import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { inspectCertificate } from '@typernetes/pki';
import { FakeCluster, FakeHost, golden, runOn } from '../testing/index.ts';

const folder = '/etc/kubernetes/pki';
const run = async (host: FakeHost, ...args: string[]) => {
  const ran = await runOn(host, new FakeCluster(), args);
  assert.equal(ran.code, 0, ran.err);
  return ran.out;
};

test('certificates are listed with what is left of them, and renewed with their names and new keys', async () => {
  const host = new FakeHost();
  const etcd = '--control-plane-endpoint=lb:6443';
  for (const phase of ['certs', 'kubeconfig']) await run(host, 'init', 'phase', phase, etcd);
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

  host.texts.delete(`${folder}/ca.key`);
  const external = await run(host, 'certs', 'renew', 'apiserver');
  assert.match(external, /Detected external ca, certificate for serving the Kubernetes API can't be renewed/);
  const unknown = await runOn(host, new FakeCluster(), ['certs', 'renew', 'nothing']);
  assert.match(unknown.err, /unknown certificate "nothing"/);
  assert.match(await run(host, 'certs', 'certificate-key'), /^[0-9a-f]{64}\n$/);
});
