import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseComponentFlags } from '@typernetes/process';
import { completeConfig, validateConfig } from './api-server-config.ts';
import { apiServerFlags } from './flags.ts';
import { ineffectiveFlags } from './ineffective-flags.ts';
import { connectionRules } from './tls-rules.ts';

const parse = (args: readonly string[]) => parseComponentFlags(apiServerFlags, ineffectiveFlags, args);
const required = ['--tls-cert-file=a', '--tls-private-key-file=b'];
const configOf = (...flags: string[]) =>
  completeConfig(parse([...required, ...flags]).flags, { defaultAddress: () => '192.0.2.1' });
const problemsOf = (...flags: string[]): string[] => validateConfig(configOf(...flags));

test('accepts flags that have no effect, with the reason; refuses unknown ones as upstream does', () => {
  const { warnings } = parse(['--watch-cache=false', '--contention-profiling=false', '--goaway-chance=0.01']);
  assert.deepEqual(warnings, [
    'Flag --watch-cache has no effect: every object is in the watch cache',
    'Flag --contention-profiling has no effect: it tunes something that this server has not',
  ]);
  assert.throws(() => parse(['--no-such-flag']), { message: 'unknown flag: --no-such-flag' });
  assert.deepEqual(problemsOf(), []);
});

test('reports invalid combinations', () => {
  assert.deepEqual(problemsOf('--authorization-mode=ABAC'), [
    "authorization-mode ABAC's authorization policy file not passed",
  ]);
  assert.deepEqual(problemsOf('--authorization-mode=Webhook,Best'), [
    'authorization-mode "Best" is not a valid mode',
    "authorization-mode Webhook's authorization config file not passed",
  ]);
  assert.deepEqual(problemsOf('--authorization-config=x', '--authorization-mode=RBAC'), [
    '--authorization-config can not be specified when --authorization-mode or --authorization-webhook-* flags are defined',
  ]);
  assert.deepEqual(problemsOf('--oidc-issuer-url=http://x'), [
    'oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set',
    'oidc-issuer-url: URL scheme must be https',
  ]);
  assert.deepEqual(problemsOf('--goaway-chance=0.5', '--tls-min-version=SSL', '--tls-cipher-suites=NULL'), [
    'unknown tls version "SSL"',
    "Cipher suite NULL not supported or doesn't exist",
    '--goaway-chance can not be less than 0 or greater than 0.02',
  ]);
  assert.deepEqual(problemsOf('--audit-log-mode=later', '--audit-log-maxage=-1'), [
    'invalid audit log mode later, allowed modes are "batch","blocking","blocking-strict"',
    "--audit-log-maxage -1 can't be a negative number",
  ]);
});

test('resources may be kept in another etcd', () => {
  const { overrides } = configOf(
    '--etcd-servers-overrides=/events#http://a:1;http://b:1,coordination.k8s.io/leases#http://c:1',
    '--etcd-servers-overrides=/pods#http://a:1;http://b:1,/events#http://c:1',
  ).storage.etcd;
  assert.deepEqual(overrides, [
    {
      servers: ['http://c:1'],
      resources: [
        { group: '', resource: 'events' },
        { group: 'coordination.k8s.io', resource: 'leases' },
      ],
    },
    { servers: ['http://a:1', 'http://b:1'], resources: [{ group: '', resource: 'pods' }] },
  ]);
  for (const wrong of ['/events/http://127.0.0.1:4002', 'events#http://a', '/a#b#c'])
    assert.deepEqual(problemsOf(`--etcd-servers-overrides=${wrong}`), [
      '--etcd-servers-overrides invalid, must be of format: group/resource#servers, where servers are URLs, semicolon separated',
    ]);
});

test('tokens are signed either with a key or by an external program', () => {
  const issuer = '--service-account-issuer=https://a';
  const endpoint = '--service-account-signing-endpoint=/run/signer.sock';
  assert.deepEqual(problemsOf(issuer, endpoint), []);
  assert.deepEqual(parse([issuer, endpoint]).warnings, []);
  const together = 'and service-account-signing-endpoint are mutually exclusive and cannot be set at the same time';
  assert.deepEqual(problemsOf(issuer, endpoint, '--service-account-signing-key-file=sa.key'), [
    `service-account-signing-key-file ${together}`,
  ]);
  assert.deepEqual(problemsOf(issuer, endpoint, '--service-account-key-file=sa.pub'), [
    `service-account-key-file ${together}`,
  ]);
});

test('reports invalid versions and media types', () => {
  assert.deepEqual(problemsOf('--emulated-version=kube=1.37', '--storage-media-type=text/plain'), [
    'emulation version 1.37 is not between [1.33, 1.36.0]',
    '--storage-media-type "text/plain" invalid, allowed values: application/json, application/vnd.kubernetes.protobuf, application/yaml',
  ]);
  const protobuf = '--storage-media-type=application/vnd.kubernetes.protobuf';
  assert.deepEqual(problemsOf('--emulated-version=1.36', '--min-compatibility-version=1.34', protobuf), []);
  assert.deepEqual(parse([protobuf]).warnings, [
    'Flag --storage-media-type has no effect: objects are stored as JSON, in every storage',
  ]);
});

test('the OpenID Connect flags describe one issuer', () => {
  const oidc = configOf(
    '--oidc-issuer-url=https://issuer.example',
    '--oidc-client-id=app',
    '--oidc-groups-claim=roles',
    '--oidc-required-claim=hd=example.com',
  ).authentication.oidc;
  assert.deepEqual(oidc?.jwt, {
    issuer: { url: 'https://issuer.example', audiences: ['app'] },
    claimMappings: {
      username: { claim: 'sub', prefix: 'https://issuer.example#' },
      groups: { claim: 'roles', prefix: '' },
    },
    claimValidationRules: [{ claim: 'hd', requiredValue: 'example.com' }],
  });
});

test('parses cipher suites and named certificates', () => {
  const { tls } = configOf(
    '--tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_AES_128_GCM_SHA256',
    '--tls-min-version=VersionTLS13',
    '--tls-curve-preferences=4588,29',
    '--tls-sni-cert-key=foo.crt,foo.key:*.foo.com,foo.com',
    '--tls-sni-cert-key=bar.crt,bar.key',
  );
  assert.deepEqual(connectionRules(tls.flags), {
    minVersion: 'TLSv1.3',
    ciphers: 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:ECDHE-RSA-AES128-GCM-SHA256',
    ecdhCurve: 'X25519MLKEM768:X25519',
    goawayChance: 0,
    http2: true,
  });
  assert.deepEqual(tls.named, [
    { certFile: 'foo.crt', keyFile: 'foo.key', names: ['*.foo.com', 'foo.com'] },
    { certFile: 'bar.crt', keyFile: 'bar.key', names: [] },
  ]);
});

test('without file names the server makes its own certificate', () => {
  const tlsOf = (...flags: string[]) => completeConfig(parse(flags).flags, { defaultAddress: () => '192.0.2.1' }).tls;
  const { certFile, keyFile, own } = tlsOf('--service-cluster-ip-range=10.96.0.0/12,fd00::/108');
  assert.deepEqual([certFile, keyFile], ['/var/run/kubernetes/apiserver.crt', '/var/run/kubernetes/apiserver.key']);
  assert.deepEqual(own, {
    host: '192.0.2.1',
    dnsNames: ['kubernetes.default.svc', 'kubernetes.default', 'kubernetes', 'localhost'],
    ipAddresses: ['10.96.0.1'],
  });
  assert.deepEqual(tlsOf('--bind-address=192.0.2.7', '--cert-dir=/certs/').own?.ipAddresses, ['10.0.0.1', '192.0.2.7']);
  assert.equal(tlsOf('--tls-cert-file=a', '--tls-private-key-file=b').own, undefined);
  assert.deepEqual(problemsOf('--tls-private-key-file='), ['missing filename for serving cert']);
});

test('the node port of the kubernetes Service must be in the range', () => {
  assert.deepEqual(problemsOf('--kubernetes-service-node-port=-1'), [
    '--kubernetes-service-node-port -1 must be between 0 and 65535, inclusive. If 0, the Kubernetes master service will be of type ClusterIP',
  ]);
  assert.deepEqual(problemsOf('--kubernetes-service-node-port=443'), [
    "kubernetes service node port range 30000-32767 doesn't contain 443",
  ]);
});

test('a server may have another external address', () => {
  assert.equal(configOf().externalAddress, '192.0.2.1:6443');
  assert.equal(
    configOf('--external-hostname=api.example.com', '--secure-port=443').externalAddress,
    'api.example.com:443',
  );
  assert.equal(configOf('--external-hostname=api.example.com:8443').externalAddress, 'api.example.com:8443');
  assert.equal(configOf('--advertise-address=2001:db8::1').externalAddress, '[2001:db8::1]:6443');
  assert.deepEqual(problemsOf('--endpoint-reconciler-type=all', '--min-request-timeout=-1'), [
    'endpoint reconciler not implemented: all',
    '--min-request-timeout can not be negative value',
  ]);
});

test('the page about flags names those without effect, and each flag is in one table', () => {
  const page = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const [, list = ''] = /`options\/ineffective-flags\.ts`\):\n\n([\s\S]*?)\n\n/.exec(page) ?? [];
  const named = [...list.matchAll(/`--([a-z0-9-]+)`/g)].map(([, name]) => name);
  assert.deepEqual(named, Object.keys(ineffectiveFlags));
  assert.deepEqual(
    Object.keys(ineffectiveFlags).filter((name) => Object.hasOwn(apiServerFlags, name)),
    [],
  );
});

test('features newer than the emulated release need an additional flag', () => {
  const later = '--runtime-config=resource.k8s.io/v1=true';
  assert.match(problemsOf('--emulated-version=1.33', later).join(), /^cannot enable version resource\.k8s\.io\/v1 /);
  assert.deepEqual(problemsOf('--emulated-version=1.33', later, '--runtime-config-emulation-forward-compatible'), []);
  assert.deepEqual(problemsOf('--emulation-forward-compatible'), [
    '--emulation-forward-compatible can only be set to true if the emulation version is lower than the binary version',
  ]);
  assert.deepEqual(problemsOf('--delete-collection-workers=0'), ['--delete-collection-workers must be at least 1']);
});
