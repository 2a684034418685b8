import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { formatKubeconfig, parseKubeconfig } from '@typernetes/client';
import { createAuthority, createLeaf } from '@typernetes/pki';
import { FakeCluster, FakeHost, type Ran, runOn } from '../testing/index.ts';

const pki = '/etc/kubernetes/pki';
const run = (host: FakeHost, line: string): Promise<Ran> => runOn(host, new FakeCluster(), line.split(' '));
const noCertificate = 'data does not contain any valid RSA or ECDSA certificates';
const noKey = 'data does not contain a valid RSA or ECDSA private key';
const broken = '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n';
const malformed = 'x509: malformed tbs certificate';
const ed25519 = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const gone: unique symbol = Symbol('gone');
const stacked = '--control-plane-endpoint=lb:6443';

const made = new FakeHost();
for (const phase of ['certs', 'kubeconfig']) await run(made, `init phase ${phase} all ${stacked}`);
const expired = { notBefore: 0, notAfter: Date.parse('2025-01-01T00:00:00Z') };
const oldCa = await createAuthority({ commonName: 'kubernetes', ...expired });
const foreign = await createAuthority({ commonName: 'kubernetes', notBefore: 0, notAfter: 2e12 });
const leafOf = async (ca: typeof oldCa, notAfter: number): Promise<string> =>
  (await createLeaf(ca, { commonName: 'x', usages: ['client auth'], notBefore: 0, notAfter })).certificate;
const ca = { certificate: text('ca.crt'), privateKey: text('ca.key') };

function text(name: string): string {
  return made.texts.get(name.startsWith('/') ? name : `${pki}/${name}`) ?? '';
}

type Files = Readonly<Record<string, string | typeof gone>>;

/** A machine with all certificates and kubeconfigs, some of them changed. */
function machine(changed: Files): FakeHost {
  const host = new FakeHost({ files: Object.fromEntries(made.texts) });
  for (const [name, value] of Object.entries(changed)) {
    const path = name.startsWith('/') ? name : `${pki}/${name}`;
    if (value === gone) host.texts.delete(path);
    else host.texts.set(path, value);
  }
  return host;
}

const certificateFile = (name: string, why: string): string =>
  `couldn't load the certificate file ${pki}/${name}.crt: ${why === 'gone' ? `open ${pki}/${name}.crt: no such file or directory` : `error reading ${pki}/${name}.crt: ${why}`}`;
const keyFile = (name: string, why: string): string =>
  `couldn't load the private key file ${pki}/${name}.key: ${why === 'gone' ? `open ${pki}/${name}.key: no such file or directory` : `error reading private key file ${pki}/${name}.key: ${why}`}`;
const unfit = (name: string): string => `the private key file ${pki}/${name}.key is neither in RSA nor ECDSA format`;

function kubeconfig(name: string, change: (config: Parsed) => void): string {
  const config = structuredClone(parseKubeconfig(text(`/etc/kubernetes/${name}`))) as unknown as Parsed;
  change(config);
  return formatKubeconfig(config as never);
}

interface Parsed {
  currentContext: string;
  clusters: Record<string, Record<string, string>>;
  users: Record<string, Record<string, string>>;
  contexts: Record<string, { cluster: string; user: string }>;
}

const refusals: [what: string, changed: Files, line: string, message: string][] = [];
const refuse = (changed: Files, line: string, message: string): void => {
  const what = Object.entries(changed)
    .map(([name, value]) => `${name} ${value === gone ? 'missing' : JSON.stringify(String(value).slice(0, 30))}`)
    .join(', ');
  refusals.push([what, changed, line, message]);
};

const checking = (name: string): string => `Error checking external CA condition for ${name} certificate authority: `;
for (const line of ['certs check-expiration', 'certs renew all', 'certs renew apiserver']) {
  const of = `${checking('ca')}failure loading`;
  refuse({ 'ca.crt': '' }, line, `${of} certificate for CA: ${certificateFile('ca', noCertificate)}`);
  refuse({ 'ca.crt': broken }, line, `${of} certificate for CA: ${certificateFile('ca', malformed)}`);
  refuse({ 'ca.crt': gone }, line, `${of} certificate for CA: ${certificateFile('ca', 'gone')}`);
  refuse({ 'ca.crt': text('apiserver.crt') }, line, `${checking('ca')}certificate CA is not a CA`);
}
for (const line of ['certs check-expiration', 'certs renew all']) {
  const message = `${checking('ca')}failure loading certificate for API server: ${certificateFile('apiserver', 'gone')}`;
  refuse({ 'ca.key': gone, 'apiserver.crt': gone }, line, message);
}
refuse(
  { 'front-proxy-ca.crt': 'x' },
  'certs renew front-proxy-client',
  `${checking('front-proxy-ca')}failure loading certificate for front-proxy CA: ${certificateFile('front-proxy-ca', noCertificate)}`,
);
refuse(
  { 'etcd/ca.key': gone, 'etcd/peer.key': 'x' },
  `certs check-expiration`,
  `${checking('etcd/ca')}failure loading key for etcd/peer: ${keyFile('etcd/peer', noKey)}`,
);
refuse(
  { 'apiserver.crt': broken },
  'certs check-expiration',
  `failed to load existing certificate apiserver: error reading ${pki}/apiserver.crt: ${malformed}`,
);
for (const [ca, why] of [
  ['', `failed to load key: ${keyFile('ca', noKey)}`],
  [ed25519, `failed to load key: ${unfit('ca')}`],
] as const) {
  refuse({ 'ca.key': ca }, 'certs renew apiserver', `failure loading ca certificate authority: ${why}`);
}

const admin = '/etc/kubernetes/admin.conf';
const embedded = (change: (config: Parsed) => void, message: string): void => {
  refuse({ [admin]: kubeconfig('admin.conf', change) }, 'certs renew admin.conf', message);
};
refuse(
  { [admin]: 'a: b: c' },
  'certs renew admin.conf',
  `failed to load kubeConfig file ${admin}: yaml: mapping values are not allowed in this context`,
);
refuse({ [admin]: '' }, 'certs renew admin.conf', `invalid kubeConfig file ${admin}: missing context `);
embedded((config) => {
  config.currentContext = 'x';
}, `invalid kubeConfig file ${admin}: missing context x`);
embedded((config) => {
  config.clusters = {};
}, `invalid kubeConfig file ${admin}: missing cluster kubernetes`);
embedded((config) => {
  config.users = {};
}, `invalid kubeConfig file ${admin}: missing authInfo kubernetes-admin`);
embedded((config) => {
  delete config.clusters.kubernetes?.['certificate-authority-data'];
}, `kubeConfig file ${admin} does not have an embedded server certificate`);
embedded((config) => {
  delete config.users['kubernetes-admin']?.['client-certificate-data'];
}, `kubeConfig file ${admin} does not have an embedded client certificate`);
embedded((config) => {
  Object.assign(config.users['kubernetes-admin'] ?? {}, { 'client-certificate-data': 'eA==' });
}, `kubeConfig file ${admin} does not contain a valid client certificate: ${noCertificate}`);

const phase = (name: string): string => `error execution phase certs/${name}: `;
const validating = `${phase('apiserver')}failed to write or validate certificate "apiserver": failure loading apiserver`;
refuse(
  { 'ca.crt': broken },
  'init phase certs ca',
  `${phase('ca')}failure loading ca certificate: failed to load certificate: ${certificateFile('ca', malformed)}`,
);
refuse(
  { 'apiserver.crt': 'x', 'apiserver.key': gone },
  'init phase certs apiserver',
  `${validating} key: ${keyFile('apiserver', 'gone')}`,
);
refuse(
  { 'apiserver.crt': broken },
  'init phase certs apiserver',
  `${validating} certificate: ${certificateFile('apiserver', malformed)}`,
);
refuse(
  { 'apiserver.crt': gone, 'apiserver.key': gone, 'ca.key': 'x' },
  'init phase certs apiserver',
  `${phase('apiserver')}couldn't load CA certificate ca: failure loading ca certificate authority: failed to load key: ${keyFile('ca', noKey)}`,
);
refuse(
  { 'apiserver.crt': gone, 'apiserver.key': gone, 'ca.crt': text('apiserver.crt') },
  'init phase certs apiserver',
  `${phase('apiserver')}couldn't load CA certificate ca: ca certificate is not a certificate authority`,
);
refuse(
  { 'ca.crt': foreign.certificate, 'ca.key': foreign.privateKey },
  'init phase certs apiserver',
  `${phase('apiserver')}[certs] certificate apiserver not signed by CA certificate ca: x509: certificate signed by unknown authority`,
);
refuse(
  { 'sa.key': ca.certificate },
  'init phase certs sa',
  `${phase('sa')}file sa.key existed but it could not be loaded properly: error reading private key file ${pki}/sa.key: ${noKey}`,
);

const creating = 'error execution phase kubeconfig/admin: ';
refuse(
  { 'ca.key': 'x' },
  'init phase kubeconfig admin',
  `${creating}couldn't create a kubeconfig; the CA files couldn't be loaded: failed to load key: ${keyFile('ca', noKey)}`,
);
refuse(
  { 'ca.crt': gone },
  'init phase kubeconfig admin',
  `${creating}the CA files do not exist, please run \`kubeadm init phase certs ca\` to generate it: failed to load certificate: ${certificateFile('ca', 'gone')}`,
);
for (const more of ['', ' --token=t']) {
  refuse(
    { 'ca.crt': broken },
    `kubeconfig user --client-name=ann${more}`,
    `couldn't create a kubeconfig; the CA files couldn't be loaded: failed to load certificate: ${certificateFile('ca', malformed)}`,
  );
}

const incomplete = 'invalid or incomplete external CA: ';
const external: Files = { 'ca.key': gone };
for (const line of ['init', 'init phase preflight', 'init phase certs apiserver', 'init phase addon coredns']) {
  refuse(
    { ...external, 'apiserver.key': gone },
    line,
    `${incomplete}failure loading key for apiserver: ${keyFile('apiserver', 'gone')}`,
  );
}
refuse(
  { ...external, 'apiserver-kubelet-client.crt': 'x' },
  'init',
  `${incomplete}failure loading certificate for API server kubelet client: ${certificateFile('apiserver-kubelet-client', noCertificate)}`,
);
refuse(
  { ...external, 'apiserver.crt': await leafOf(foreign, 2e12) },
  'init',
  `${incomplete}certificate API server is not signed by corresponding CA: x509: certificate signed by unknown authority`,
);
refuse(
  { ...external, 'apiserver.crt': await leafOf(ca, expired.notAfter) },
  'init',
  `${incomplete}certificate API server is not signed by corresponding CA: x509: certificate has expired or is not yet valid: current time 2026-01-01T00:00:00Z is after 2025-01-01T00:00:00Z`,
);
refuse(
  { 'front-proxy-ca.key': gone, 'front-proxy-client.key': ed25519 },
  'init',
  `invalid or incomplete external front-proxy CA: failure loading key for front-proxy-client: ${unfit('front-proxy-client')}`,
);
const given = (name: string): string => `the ${name} file does not exists or it is not valid: `;
for (const name of ['controller-manager.conf', 'scheduler.conf', 'admin.conf', 'super-admin.conf', 'kubelet.conf']) {
  const path = `/etc/kubernetes/${name}`;
  refuse({ ...external, [path]: gone }, 'init', `${given(name)}stat ${path}: no such file or directory`);
}
refuse(
  {
    ...external,
    [admin]: kubeconfig('admin.conf', (config) => {
      Object.assign(config.clusters.kubernetes ?? {}, { 'certificate-authority-data': 'eA==' });
    }),
  },
  'init',
  `${given('admin.conf')}a kubeconfig file "${admin}" exists already but has got the wrong CA cert`,
);
for (const key of ['ca.key', 'front-proxy-ca.key']) {
  refuse(
    { [key]: gone },
    `init ${stacked} --upload-certs`,
    "can't use upload-certs with an external CA or an external front-proxy CA",
  );
}

test("broken, missing and foreign files are reported in upstream's words, and nothing is written", async () => {
  for (const [what, changed, line, message] of refusals) {
    const host = machine(changed);
    const before = new Map(host.texts);
    const { code, out, err } = await run(host, line);
    const error = err.split('\n').find((each) => each.startsWith('error: '));
    assert.deepEqual([code, error], [1, `error: ${message}`], `${line}: ${what}\n${out}${err}`);
    const written = [...host.texts].filter(([path, value]) => before.get(path) !== value).map(([path]) => path);
    assert.deepEqual(
      written.filter((path) => !line.endsWith('all') || !path.endsWith('.conf')),
      [],
      `${line}: ${what}`,
    );
  }
});

test('what has expired is warned of once, and renewed by an authority that has not', async () => {
  const host = machine({ 'apiserver.crt': await leafOf(ca, expired.notAfter) });
  const renewed = await run(host, 'certs renew apiserver');
  assert.deepEqual(
    [renewed.code, renewed.out.split('\n').at(-2)],
    [0, 'certificate for serving the Kubernetes API renewed'],
  );
  const old = machine({ 'ca.crt': oldCa.certificate, 'ca.key': oldCa.privateKey });
  const checked = await run(old, 'certs check-expiration');
  assert.equal(checked.code, 0, checked.err);
  assert.equal(
    checked.err,
    '[certs] WARNING: could not validate bounds for certificate CA: the certificate has expired: NotBefore: 1970-01-01 00:00:00 +0000 UTC, NotAfter: 2025-01-01 00:00:00 +0000 UTC\n',
  );
  assert.match(checked.out, /\nca +Jan 01, 2025 00:00 UTC +<invalid> +no *\n/);
});

test('a renewed kubeconfig trusts the authority that has signed its certificate; other contexts stay as they are', async () => {
  const two = kubeconfig('admin.conf', (config) => {
    Object.assign(config.users, { other: { token: 't' } });
  });
  const host = machine({ [admin]: two, 'ca.crt': foreign.certificate, 'ca.key': foreign.privateKey });
  const { code, err } = await run(host, 'certs renew admin.conf');
  assert.equal(code, 0, err);
  const { clusters, users } = parseKubeconfig(host.texts.get(admin) ?? '');
  const authority = Buffer.from(clusters.kubernetes?.['certificate-authority-data'] ?? '', 'base64').toString();
  assert.equal(authority, foreign.certificate);
  assert.deepEqual(users.other, { token: 't' });
});

test('with a complete external CA, its keys are used and nothing is signed', async () => {
  const host = machine(external);
  const { code, out, err } = await run(host, 'init phase certs sa');
  assert.deepEqual([code, out], [0, '[certs] Using existing sa keys\n'], err);
  // Those of the whole cluster name its endpoint, which this command line does not.
  const unexpected = err.match(/"\S+" exists already but has an unexpected API Server URL: expected: \S+/g);
  assert.deepEqual(
    unexpected,
    ['admin', 'super-admin'].map(
      (name) =>
        `"/etc/kubernetes/${name}.conf" exists already but has an unexpected API Server URL: expected: https://10.0.0.2:6443,`,
    ),
  );
});
