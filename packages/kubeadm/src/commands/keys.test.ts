import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { parseKubeconfig } from '@typernetes/client';
import { inspectCertificate, parseSigningRequest, signRequest } from '@typernetes/pki';
import { FakeCluster, FakeHost, type Ran, runOn } from '../testing/index.ts';

const pki = '/etc/kubernetes/pki';
const run = (host: FakeHost, ...args: string[]): Promise<Ran> => runOn(host, new FakeCluster(), args);

test('requests for all certificates, whose keys stay on the machine', async () => {
  const host = new FakeHost();
  const { code, out, err } = await run(host, 'certs', 'generate-csr');
  assert.equal(code, 0, err);
  const certificates = ['apiserver', 'apiserver-kubelet-client', 'front-proxy-client'];
  const kubeconfigs = ['admin', 'super-admin', 'kubelet', 'controller-manager', 'scheduler'];
  assert.equal(
    out,
    [
      `generating keys and CSRs in ${pki}`,
      ...certificates.map((name) => `  ${name}`),
      'generating keys and CSRs in /etc/kubernetes',
      ...kubeconfigs.map((name) => `  ${name}.conf`),
      '',
    ].join('\n'),
  );
  const request = await parseSigningRequest(host.texts.get(`${pki}/apiserver.csr`) ?? '');
  assert.equal(request.commonName, 'kube-apiserver');
  assert.deepEqual(request.ipAddresses, ['10.96.0.1', '10.0.0.2']);
  const admin = await parseSigningRequest(host.texts.get('/etc/kubernetes/admin.conf.csr') ?? '');
  assert.deepEqual([admin.commonName, admin.organizations], ['kubernetes-admin', ['kubeadm:cluster-admins']]);
  const [user] = Object.values(parseKubeconfig(host.texts.get('/etc/kubernetes/admin.conf') ?? '').users);
  assert.ok(user?.['client-key-data'] && !user['client-certificate-data']);
  assert.match(
    (await run(host, 'certs', 'generate-csr')).err,
    /^error: file already exists: key or CSR \/etc\/kubernetes\/pki\/apiserver\n/,
  );
  const elsewhere = await run(host, 'certs', 'generate-csr', '--cert-dir=/own');
  assert.match(elsewhere.err, /^error: file already exists: kube config: \/etc\/kubernetes\/admin.conf\n/);
});

test('a key whose certificate is requested is kept until that is there', async () => {
  const host = new FakeHost();
  const phase = (...names: string[]): Promise<Ran> => run(host, 'init', 'phase', ...names);
  assert.match(
    (await phase('certs', 'apiserver')).err,
    /: couldn't load CA certificate ca: couldn't load ca certificate authority from \/etc\/kubernetes\/pki\n/,
  );
  await run(host, 'certs', 'generate-csr');
  const key = host.texts.get(`${pki}/apiserver.key`);
  await phase('certs', 'ca');
  const file = `${pki}/apiserver.crt`;
  const loading =
    'error execution phase certs/apiserver: failed to write or validate certificate "apiserver": failure loading apiserver certificate';
  assert.equal(
    (await phase('certs', 'apiserver')).err.split('\n')[0],
    `error: ${loading}: couldn't load the certificate file ${file}: open ${file}: no such file or directory`,
  );
  host.texts.set(file, 'nothing');
  assert.equal(
    (await phase('certs', 'apiserver')).err.split('\n')[0],
    `error: ${loading}: couldn't load the certificate file ${file}: error reading ${file}: data does not contain any valid RSA or ECDSA certificates`,
  );
  host.texts.set(file, host.texts.get(`${pki}/ca.crt`) ?? '');
  assert.match((await phase('certs', 'apiserver')).out, /Using existing apiserver certificate and key on disk/);
  host.texts.delete(`${pki}/ca.crt`);
  host.texts.delete(`${pki}/ca.key`);
  await phase('certs', 'ca');
  assert.match(
    (await phase('certs', 'apiserver')).err,
    /: \[certs\] certificate apiserver not signed by CA certificate ca: x509: certificate signed by unknown authority\n/,
  );
  assert.equal(host.texts.get(`${pki}/apiserver.key`), key);
});

test('broken files are named, and nothing is said to be made that is not', async () => {
  const noCertificate = 'data does not contain any valid RSA or ECDSA certificates';
  const noKey = 'data does not contain a valid RSA or ECDSA private key';
  const loadingCa = 'error execution phase certs/ca: failure loading ca certificate: failed to load';
  const loadingKubeconfig = 'error execution phase kubeconfig/admin: failed to';
  const path = (name: string): string => `${pki}/${name}`;
  const admin = '/etc/kubernetes/admin.conf';
  const cases: [file: string, text: string, line: string, message: string][] = [
    [
      path('ca.crt'),
      'x',
      'init phase certs ca',
      `${loadingCa} certificate: couldn't load the certificate file ${path('ca.crt')}: error reading ${path('ca.crt')}: ${noCertificate}`,
    ],
    [
      path('ca.key'),
      'x',
      'init phase certs ca',
      `${loadingCa} key: couldn't load the private key file ${path('ca.key')}: error reading private key file ${path('ca.key')}: ${noKey}`,
    ],
    [
      path('sa.key'),
      'x',
      'init phase certs sa',
      `error execution phase certs/sa: file sa.key existed but it could not be loaded properly: error reading private key file ${path('sa.key')}: ${noKey}`,
    ],
    [
      admin,
      'x',
      'init phase kubeconfig admin',
      `${loadingKubeconfig} load kubeconfig file ${admin} that already exists on disk: couldn't get version/kind; json parse error: json: cannot unmarshal string into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    ],
    [
      admin,
      'kind: Config',
      'init phase kubeconfig admin',
      `${loadingKubeconfig} find CurrentContext in Contexts of the kubeconfig file ${admin}`,
    ],
    [
      path('apiserver.crt'),
      'x',
      'certs renew apiserver',
      `failed to load existing certificate apiserver: error reading ${path('apiserver.crt')}: ${noCertificate}`,
    ],
  ];
  for (const [file, text, line, message] of cases) {
    const host = new FakeHost();
    if (!line.startsWith('init phase certs')) await run(host, 'init', 'phase', 'certs', 'ca');
    host.texts.set(file, text);
    const { out, err } = await run(host, ...line.split(' '));
    assert.equal(err.split('\n')[0], `error: ${message}`);
    assert.doesNotMatch(out, /Generating|Writing|existing/);
  }
});

test('a kubeconfig that is there is kept, whatever its server, if it trusts the CA', async () => {
  const host = new FakeHost();
  const path = '/etc/kubernetes/admin.conf';
  const admin = (...flags: string[]): Promise<Ran> => run(host, 'init', 'phase', 'kubeconfig', 'admin', ...flags);
  const ca = `${pki}/ca.crt`;
  assert.equal(
    (await admin()).err.split('\n')[0],
    `error: error execution phase kubeconfig/admin: the CA files do not exist, please run \`kubeadm init phase certs ca\` to generate it: failed to load certificate: couldn't load the certificate file ${ca}: open ${ca}: no such file or directory`,
  );
  await run(host, 'init', 'phase', 'certs', 'ca');
  await admin();
  const text = host.texts.get(path) ?? '';
  const kept = `[kubeconfig] Using existing kubeconfig file: "${path}"\n`;
  assert.deepEqual(await admin('--control-plane-endpoint=other:6443'), {
    code: 0,
    out: kept,
    err: `[kubeconfig] WARNING: a kubeconfig file "${path}" exists already but has an unexpected API Server URL: expected: https://other:6443, got: https://10.0.0.2:6443\n`,
  });
  host.texts.set(path, text.replace(/certificate-authority-data: .*/, `certificate-authority: ${ca}`));
  assert.deepEqual(await admin(), { code: 0, out: kept, err: '' });
  host.texts.set(path, text.replace(/\n *certificate-authority-data: .*/, ''));
  const wrong = `error: error execution phase kubeconfig/admin: a kubeconfig file "${path}" exists already but has got the wrong CA cert`;
  assert.equal((await admin()).err.split('\n')[0], wrong);
  host.texts.set(path, text);
  host.texts.delete(ca);
  host.texts.delete(`${pki}/ca.key`);
  await run(host, 'init', 'phase', 'certs', 'ca');
  assert.equal((await admin()).err.split('\n')[0], wrong);
});

test('a kubeconfig for one more user, by certificate or token', async () => {
  const host = new FakeHost();
  await run(host, 'init', 'phase', 'certs', 'ca');
  const { out, err } = await run(host, 'kubeconfig', 'user', '--client-name=ann', '--org=a,b', '--validity-period=48h');
  assert.equal(err, '');
  const [user] = Object.values(parseKubeconfig(out).users);
  const certificate = new X509Certificate(Buffer.from(user?.['client-certificate-data'] ?? '', 'base64'));
  const info = inspectCertificate(certificate);
  assert.deepEqual([info.commonName, info.organizations], ['ann', ['a', 'b']]);
  assert.equal(new Date(info.notAfter).toISOString(), '2026-01-03T00:00:00.000Z');
  const long = await run(host, 'kubeconfig', 'user', '--client-name=bob', '--token=t.k', '--validity-period=9999h');
  assert.match(long.err, /^WARNING: the specified certificate validity period 9999h0m0s is longer than the default/);
  assert.equal(Object.values(parseKubeconfig(long.out).users)[0]?.token, 't.k');
  assert.match((await run(host, 'kubeconfig', 'user')).err, /required flag\(s\) "client-name" not set/);
});

const algorithms = [
  ['ECDSA-P256', 'ec', 'prime256v1'],
  ['ECDSA-P384', 'ec', 'secp384r1'],
  ['RSA-2048', 'rsa', 2048],
  // A key takes a while: one will do.
  ['RSA-3072', 'rsa', 3072],
  ['RSA-4096', 'rsa', 4096],
] as const;
for (const [algorithm, type, detail] of algorithms) {
  test(`keys of ${algorithm}, certificates that live as long and lie where the configuration says`, async () => {
    const config = `apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
encryptionAlgorithm: ${algorithm}
certificatesDir: /own/pki
certificateValidityPeriod: 48h
caCertificateValidityPeriod: 240h
`;
    const host = new FakeHost({ files: { '/c.yaml': config } });
    const slow = algorithm === 'RSA-3072' || algorithm === 'RSA-4096';
    const phases = slow ? ['sa'] : ['ca', 'apiserver', 'sa'];
    for (const phase of phases) {
      const { code, err } = await run(host, 'init', 'phase', 'certs', phase, '--config=/c.yaml');
      assert.equal(code, 0, err);
      const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(
        host.texts.get(`/own/pki/${phase}.key`) ?? '',
      );
      assert.equal(asymmetricKeyType, type);
      assert.equal(asymmetricKeyDetails?.modulusLength ?? asymmetricKeyDetails?.namedCurve, detail, phase);
    }
    if (slow) return;
    const ends = (name: string): string => {
      const { validTo } = new X509Certificate(host.texts.get(`/own/pki/${name}.crt`) ?? '');
      return new Date(validTo).toISOString();
    };
    assert.deepEqual([ends('ca'), ends('apiserver')], ['2026-01-11T00:00:00.000Z', '2026-01-03T00:00:00.000Z']);
  });
}

test('with a CA elsewhere, what it signed is used and nothing is signed here', async () => {
  const host = new FakeHost();
  const cluster = new FakeCluster();
  for (const phase of [
    ['certs', 'all'],
    ['kubeconfig', 'all'],
  ])
    await runOn(host, cluster, ['init', 'phase', ...phase]);
  const request = await parseSigningRequest(await requestOf(host));
  const authority = {
    certificate: host.texts.get(`${pki}/ca.crt`) ?? '',
    privateKey: host.texts.get(`${pki}/ca.key`) ?? '',
  };
  const validity = { notBefore: 0, notAfter: Date.parse('2027-01-01T00:00:00Z') };
  host.texts.set(
    `${pki}/apiserver.crt`,
    await signRequest(authority, request, { ...validity, usages: ['server auth'] }),
  );
  host.texts.delete(`${pki}/ca.key`);
  const { code, out, err } = await runOn(host, cluster, ['init', 'phase', 'certs', 'all']);
  assert.equal(code, 0, err);
  assert.match(out, /\[certs\] Using existing ca keyless certificate authority\n/);
  assert.match(out, /\[certs\] Using existing apiserver certificate and key on disk\n/);
  const kubeconfigs = await runOn(host, cluster, ['init', 'phase', 'kubeconfig', 'all']);
  assert.match(kubeconfigs.out, /\[kubeconfig\] External CA mode: Using user provided admin.conf\n/);
  await runOn(host, cluster, ['init', 'phase', 'control-plane', 'controller-manager']);
  const manifest = host.texts.get('/etc/kubernetes/manifests/kube-controller-manager.yaml') ?? '';
  assert.match(manifest, /- --cluster-signing-key-file=\n/);
  host.texts.delete('/etc/kubernetes/scheduler.conf');
  const missing = await runOn(host, cluster, ['init', 'phase', 'kubeconfig', 'scheduler']);
  assert.match(
    missing.err,
    /^error: the scheduler.conf file does not exists or it is not valid: stat \/etc\/kubernetes\/scheduler.conf: no such file or directory\n/,
  );
});

/** A request for the API server's certificate by the key that is there. */
async function requestOf(host: FakeHost): Promise<string> {
  const { createSigningRequest } = await import('@typernetes/pki');
  return createSigningRequest(host.texts.get(`${pki}/apiserver.key`) ?? '', {
    commonName: 'kube-apiserver',
    organizations: [],
    ipAddresses: ['10.0.0.2'],
  });
}

test('shells complete commands, phases and flags', async () => {
  const host = new FakeHost();
  const { out } = await run(host, 'completion', 'bash');
  const complete = (...words: string[]): string[] => completeIn('', ...words);
  const completeIn = (shell: string, ...words: string[]): string[] => {
    const script = `${shell}${out}\nCOMP_WORDS=(kubeadm ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; __kubeadm; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
  };
  assert.deepEqual(complete('up'), ['upgrade']);
  assert.deepEqual(complete('upgrade', ''), ['apply', 'diff', 'node', 'plan']);
  assert.deepEqual(complete('init', 'phase', 'certs', 'front-proxy-'), ['front-proxy-ca', 'front-proxy-client']);
  assert.deepEqual(complete('reset', '--cri'), ['--cri-socket=']);
  // zsh puts a blank behind what it has completed.
  assert.deepEqual(completeIn('ZSH_VERSION=5\n', 'reset', '--cri'), ['--cri-socket']);
  assert.match((await run(host, 'completion', 'zsh')).out, /^#compdef kubeadm\n/);
  assert.match(
    (await run(host, 'completion', 'fish')).err,
    /^error: unsupported shell type "fish", the supported shell types are \[bash zsh\]\n/,
  );
  assert.match((await run(host, 'completion')).err, /^error: shell not specified\n/);
});
