import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeDocuments } from './documents.ts';
import { loadInitConfig, loadJoinConfig } from './load.ts';
import { validateInit, validateJoin } from './validate.ts';

const deps = {
  machine: { hostName: 'Master' },
  network: { defaultAddress: () => '10.0.0.2' },
  newToken: () => 'abcdef.0123456789abcdef',
};

test('the defaults are a valid configuration', () => {
  const { config, warnings } = loadInitConfig(undefined, {}, deps);
  assert.deepEqual(warnings, []);
  assert.deepEqual(validateInit(config), []);
  assert.equal(config.node.name, 'master');
  assert.equal(config.cluster.serviceSubnet, '10.96.0.0/12');
  assert.deepEqual(config.cluster.storage, { kind: 'embedded' });
});

test('refuses unreadable files', () => {
  const cases: [string, RegExp][] = [
    [
      'kind: InitConfiguration',
      /^Error: invalid configuration for GroupVersionKind \/, Kind=InitConfiguration: kind and apiVersion is mandatory/,
    ],
    ['apiVersion: v1\nkind: Pod', /^Error: invalid configuration for GroupVersionKind \/v1, Kind=Pod: kind and/],
    [
      'apiVersion: 1\nkind: Pod',
      /json: cannot unmarshal number into Go struct field TypeMeta.apiVersion of type string/,
    ],
    [
      '- a',
      /^Error: could not interpret GroupVersionKind; .* json: cannot unmarshal array into Go value of type runtime.T/,
    ],
    [
      'apiVersion: kubeadm.k8s.io/v1beta9\nkind: InitConfiguration',
      /unknown configuration APIs: .*Group:"kubeadm.k8s.io", Version:"v1beta9", Kind:"InitConfiguration"}}/,
    ],
    [
      'apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nnetworking: {podsubnet: x}\nfoo: 1',
      /Kind:"ClusterConfiguration"}: strict decoding error: unknown field "networking.podsubnet", unknown field "foo"/,
    ],
    [
      'apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\nlocalAPIEndpoint: {bindPort: "x"}',
      /Kind:"InitConfiguration"}: json: cannot unmarshal string into Go struct field APIEndpoint.localAPIEndpoint.bindPort of type int32/,
    ],
    ['apiVersion: kubeadm.k8s.io/v1alpha1\nkind: MasterConfiguration\nnope: 1', /unknown field "nope"/],
  ];
  for (const [text, message] of cases) assert.throws(() => decodeDocuments(text, { strict: true }), message);
});

test('unknown fields are dropped with a warning unless decoding is strict; wrong types are always errors', () => {
  const text =
    'apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nnetworking: {podsubnet: x, dnsDomain: d}\nfoo: 1';
  const { documents, warnings } = decodeDocuments(text);
  assert.deepEqual(documents[0]?.value.networking, { dnsDomain: 'd' });
  assert.match(warnings[0] ?? '', /strict decoding error: unknown field "networking.podsubnet", unknown field "foo"$/);
  assert.throws(
    () => decodeDocuments(text.replace('foo: 1', 'dns: 1')),
    /^Error: json: cannot unmarshal number into Go struct field ClusterConfiguration.dns of type v1beta4.DNS$/,
  );
});

test("values of the wrong type are reported in upstream's words", () => {
  const cases: [kind: string, body: string, message: string][] = [
    [
      'ClusterConfiguration',
      'apiServer: {certSANs: a}',
      'string into Go struct field APIServer.apiServer.certSANs of type []string',
    ],
    [
      'ClusterConfiguration',
      'apiServer: {certSANs: [1]}',
      'number into Go struct field APIServer.apiServer.certSANs of type string',
    ],
    [
      'ClusterConfiguration',
      'featureGates: {a: x}',
      'string into Go struct field ClusterConfiguration.featureGates of type bool',
    ],
    ['ClusterConfiguration', 'certificateValidityPeriod: 5', 'number into Go value of type string'],
    [
      'InitConfiguration',
      'localAPIEndpoint: {bindPort: 1.5}',
      'number 1.5 into Go struct field APIEndpoint.localAPIEndpoint.bindPort of type int32',
    ],
    [
      'InitConfiguration',
      'localAPIEndpoint: {bindPort: 99999999999}',
      'number 99999999999 into Go struct field APIEndpoint.localAPIEndpoint.bindPort of type int32',
    ],
    [
      'InitConfiguration',
      'skipPhases: {a: b}',
      'object into Go struct field InitConfiguration.skipPhases of type []string',
    ],
    ['InitConfiguration', 'dryRun: [true]', 'array into Go struct field InitConfiguration.dryRun of type bool'],
  ];
  for (const [kind, body, message] of cases) {
    const text = `apiVersion: kubeadm.k8s.io/v1beta4\nkind: ${kind}\n${body}`;
    assert.throws(() => decodeDocuments(text), { message: `json: cannot unmarshal ${message}` });
  }
  const read: [body: string, message: string][] = [
    [
      'bootstrapTokens: [{token: x}]',
      String.raw`the bootstrap token "x" was not of the form "\\A([a-z0-9]{6})\\.([a-z0-9]{16})\\z"`,
    ],
    ['bootstrapTokens: [{ttl: x}]', 'time: invalid duration "x"'],
    ['timeouts: {discovery: "5"}', 'time: missing unit in duration "5"'],
    ['timeouts: {discovery: 1m5q}', 'time: unknown unit "q" in duration "1m5q"'],
  ];
  for (const [body, message] of read) {
    const text = `apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n${body}`;
    assert.throws(() => decodeDocuments(text), { message });
  }
  assert.throws(() => decodeDocuments('apiVersion: kubeadm.k8s.io/v1beta9\nkind: InitConfiguration'), {
    message: 'no kind "InitConfiguration" is registered for version "kubeadm.k8s.io/v1beta9"',
  });
  assert.throws(() => decodeDocuments('apiVersion: kubeadm.k8s.io/v1beta2\nkind: Nope'), {
    message: 'no kind "Nope" is registered for version "kubeadm.k8s.io/v1beta2"',
  });
  assert.throws(() => decodeDocuments('# ours\n---\napiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration'), {
    message:
      'invalid configuration for GroupVersionKind /, Kind=: kind and apiVersion is mandatory information that must be specified',
  });
  assert.throws(() => decodeDocuments('apiVersion: kubelet.config.k8s.io/v1alpha9\nkind: KubeletConfiguration'), {
    message:
      'unsupported apiVersion "kubelet.config.k8s.io/v1alpha9", you may have to do manual conversion to "kubelet.config.k8s.io/v1beta1" and run kubeadm again',
  });
});

test('v1beta3 becomes v1beta4', () => {
  const text = `apiVersion: kubeadm.k8s.io/v1beta3
kind: ClusterConfiguration
apiServer: {extraArgs: {b: "2", a: "1"}, timeoutForControlPlane: 1m0s}
---
apiVersion: kubeadm.k8s.io/v1beta3
kind: InitConfiguration
nodeRegistration: {kubeletExtraArgs: {v: "4"}, taints: []}
`;
  const { config, warnings } = loadInitConfig(text, {}, deps);
  assert.equal(warnings.length, 2);
  assert.deepEqual(config.cluster.apiServer.extraArgs, [
    { name: 'a', value: '1' },
    { name: 'b', value: '2' },
  ]);
  assert.deepEqual(config.node.kubeletExtraArgs, [{ name: 'v', value: '4' }]);
  assert.deepEqual(config.node.taints, []);
  assert.equal(config.timeouts.controlPlaneComponentHealthCheckMs, 60_000);
});

test('reports all invalid values', () => {
  const cluster = { networking: { serviceSubnet: '10.96.0.0/99' }, encryptionAlgorithm: 'DSA' };
  const { config } = loadInitConfig(undefined, { cluster, nodeName: 'no_name', token: 'x' }, deps);
  const problems = validateInit(config).join('\n');
  assert.match(problems, /nodeRegistration.name: Invalid value: "no_name"/);
  assert.match(problems, /bootstrapTokens.0.token: Invalid value: "x": the bootstrap token is invalid/);
  assert.match(problems, /networking.serviceSubnet: Invalid value: "10.96.0.0\/99": couldn't parse subnet/);
  assert.match(problems, /encryptionAlgorithm: Invalid value: "DSA"/);
});

test('join needs a token, an address and the hash of the CA', () => {
  const endpoint = '10.0.0.2:6443';
  const token = 'abcdef.0123456789abcdef';
  const caCertHashes = [`sha256:${'a'.repeat(64)}`];
  assert.deepEqual(validateJoin(loadJoinConfig(undefined, { endpoint, token, caCertHashes }, deps).config), []);
  const unpinned = validateJoin(loadJoinConfig(undefined, { endpoint, token }, deps).config);
  assert.match(unpinned.join(), /using token-based discovery without caCertHashes can be unsafe/);
  const portless = validateJoin(loadJoinConfig(undefined, { endpoint: '10.0.0.2', token, caCertHashes }, deps).config);
  assert.match(portless.join(), /missing port in address/);
});
