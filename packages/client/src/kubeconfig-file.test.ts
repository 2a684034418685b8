import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { mergeKubeconfigs, resolveContext, singleContext } from './kubeconfig.ts';
import {
  loadDefaultKubeconfig,
  loadKubeconfig,
  parseKubeconfig,
  transportOptions,
  writeKubeconfig,
} from './kubeconfig-file.ts';

const authority = '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n';
const admin = singleContext({
  clusterName: 'kubernetes',
  cluster: { server: 'https://10.0.0.1:6443', 'certificate-authority-data': Buffer.from(authority).toString('base64') },
  userName: 'kubernetes-admin',
  user: { 'client-certificate': 'pki/admin.crt', token: 't' },
});

test('reads back what it wrote, readable by the owner only, with paths relative to the file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
  try {
    const file = join(directory, 'sub', 'admin.conf');
    writeKubeconfig(file, admin);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const read = loadKubeconfig(file);
    assert.equal(read.currentContext, 'kubernetes-admin@kubernetes');
    assert.equal(read.users['kubernetes-admin']?.['client-certificate'], join(directory, 'sub', 'pki/admin.crt'));
    writeFileSync(join(directory, 'sub', 'ca.crt'), authority);
    const context = resolveContext({ ...read, users: { 'kubernetes-admin': { token: 't' } } });
    assert.deepEqual(transportOptions(context), {
      server: 'https://10.0.0.1:6443',
      tls: { ca: authority, insecureSkipVerify: false },
      token: 't',
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('the first of several files that has an entry wins; missing files are skipped', () => {
  const other = parseKubeconfig(
    'current-context: dev\ncontexts: [{name: dev, context: {cluster: dev, user: dev, namespace: shop}}]\nclusters: null\n',
  );
  const merged = mergeKubeconfigs([admin, other]);
  assert.equal(merged.currentContext, 'kubernetes-admin@kubernetes');
  assert.deepEqual(Object.keys(merged.contexts).sort(), ['dev', 'kubernetes-admin@kubernetes']);
  assert.deepEqual(loadDefaultKubeconfig({ KUBECONFIG: '/does/not/exist:/nor/does/this' }).clusters, {});
  assert.throws(() => loadDefaultKubeconfig({}, '/does/not/exist'), { code: 'ENOENT' });
});

test('a context that does not exist is an error, and overrides beat the file', () => {
  assert.throws(() => resolveContext(admin, { context: 'nope' }), /context was not found for specified context: nope/);
  const { cluster, user, namespace } = resolveContext(admin, { server: 'https://[::1]:1', token: 'x', namespace: 'n' });
  assert.deepEqual(
    [cluster.server, user, namespace],
    ['https://[::1]:1', { ...admin.users['kubernetes-admin'], token: 'x' }, 'n'],
  );
});

test("reports an invalid kubeconfig in upstream's words", () => {
  const goStruct =
    'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';
  for (const [text, message] of [
    ['a: b: c', 'yaml: mapping values are not allowed in this context'],
    [
      '- a',
      `couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type ${goStruct}`,
    ],
    [
      'foo',
      `couldn't get version/kind; json parse error: json: cannot unmarshal string into Go value of type ${goStruct}`,
    ],
    [
      'apiVersion: v1\nkind: Pod',
      'no kind "Pod" is registered for version "v1" in scheme "k8s.io/client-go/tools/clientcmd/api/latest/latest.go:50"',
    ],
    [
      'clusters: {a: b}',
      'json: cannot unmarshal object into Go struct field Config.clusters of type []v1.NamedCluster',
    ],
    [
      'clusters: [{name: c, cluster: {server: 5}}]',
      'json: cannot unmarshal number into Go struct field Cluster.clusters.cluster.server of type string',
    ],
    [
      'clusters: [{name: c, cluster: {disable-compression: maybe}}]',
      'json: cannot unmarshal string into Go struct field Cluster.clusters.cluster.disable-compression of type bool',
    ],
    ['clusters: [{name: c, cluster: {certificate-authority-data: "!!"}}]', 'illegal base64 data at input byte 0'],
    ['users: [{name: u, user: {client-key-data: "YWJj!"}}]', 'illegal base64 data at input byte 4'],
    ['users: [{name: u, user: {client-key-data: YWI}}]', 'illegal base64 data at input byte 0'],
    [
      'clusters: [{name: c, cluster: {}}, {name: c, cluster: {}}]',
      'error converting *[]NamedCluster into *map[string]*api.Cluster: duplicate name "c" in list',
    ],
  ] as const)
    assert.throws(() => parseKubeconfig(text), { message }, text);
  assert.deepEqual(parseKubeconfig('kind: Config\nkind: Config').clusters, {});
});

test('finds a plugin beside the kubeconfig', () => {
  const text = 'users: [{name: u, user: {exec: {command: ./plugin}}}, {name: v, user: {exec: {command: plugin}}}]';
  const { users } = parseKubeconfig(text, '/etc/kube');
  assert.deepEqual([users.u?.exec?.command, users.v?.exec?.command], ['/etc/kube/plugin', 'plugin']);
});

test('a missing entry named by a context counts as empty; one named explicitly is an error', () => {
  const lost = parseKubeconfig('current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]');
  assert.equal(resolveContext(lost).cluster.server, 'http://localhost:8080');
  assert.equal(resolveContext(lost, { defaultServer: 'http://other' }).cluster.server, 'http://other');
  assert.throws(() => resolveContext(lost, { cluster: 'c' }), /no server found for cluster "c"/);
  assert.throws(() => resolveContext(lost, { user: 'u' }), /auth info "u" does not exist/);
});

test('reports all problems of a user at once', () => {
  const of = (user: object, cluster: object = {}): (() => unknown) => {
    const config = singleContext({
      clusterName: 'c',
      cluster: { server: 'https://10.0.0.1', ...cluster },
      userName: 'u',
      user,
    });
    return () => transportOptions(resolveContext(config));
  };
  const plugin = { apiVersion: 'client.authentication.k8s.io/v1', command: 'x', interactiveMode: 'Never' };
  for (const [make, message] of [
    [of({ exec: { ...plugin, command: '' } }), 'command must be specified for u to use exec authentication plugin'],
    [of({ exec: { ...plugin, interactiveMode: 'Sometimes' } }), 'invalid interactiveMode for u: "Sometimes"'],
    [
      of({ exec: { command: 'x' } }),
      'Error in configuration: \n* apiVersion must be specified for u to use exec authentication plugin\n* interactiveMode must be specified for u to use exec authentication plugin',
    ],
    [of({ 'auth-provider': { name: 'foo' } }), 'no Auth Provider found for name "foo"'],
    [of({ 'auth-provider': { name: 'oidc' } }), 'Must provide idp-issuer-url'],
    [
      of({}, { 'proxy-url': 'foo://bar' }),
      `invalid 'proxy-url' "foo://bar" for cluster "c": unsupported scheme "foo", must be http, https, or socks5`,
    ],
    [
      of(
        {},
        { 'certificate-authority-data': Buffer.from(authority).toString('base64'), 'insecure-skip-tls-verify': true },
      ),
      'specifying a root certificates file with the insecure flag is not allowed',
    ],
    [
      of({}, { 'certificate-authority-data': 'YWJj' }),
      'unable to load root certificates: unable to parse bytes as PEM block',
    ],
    [
      of({ 'client-certificate-data': 'YWJj', 'client-key-data': 'YWJj' }),
      'tls: failed to find any PEM data in certificate input',
    ],
  ] as const)
    assert.throws(make, { name: 'ConfigurationError', message });
});
