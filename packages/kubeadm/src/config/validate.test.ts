import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadInitConfig, loadJoinConfig } from './load.ts';
import { loadResetConfig } from './load-reset.ts';
import { loadUpgradeConfig, validateUpgrade } from './load-upgrade.ts';
import { validateInit, validateJoin, validateReset } from './validate.ts';

const deps = {
  machine: { hostName: 'master' },
  network: { defaultAddress: () => '10.0.0.2' },
  newToken: () => 'abcdef.0123456789abcdef',
};
const document = (kind: string, body: string): string => `apiVersion: kubeadm.k8s.io/v1beta4\nkind: ${kind}\n${body}\n`;
const ofCluster = (body: string): string[] =>
  validateInit(loadInitConfig(document('ClusterConfiguration', body), {}, deps).config);
const ofInit = (body: string): string[] =>
  validateInit(loadInitConfig(document('InitConfiguration', body), {}, deps).config);
const ofJoin = (body: string): string[] =>
  validateJoin(loadJoinConfig(document('JoinConfiguration', body), {}, deps).config);

test('clusters of one family and of two are fine', () => {
  for (const [podSubnet, serviceSubnet] of [
    ['10.244.0.0/16', '10.96.0.0/12'],
    ['10.244.0.0/16,fd00:10:244::/56', '10.96.0.0/16,fd00:10:96::/112'],
    ['fd00:10:244::/48', 'fd00:10:96::/108'],
  ]) {
    assert.deepEqual(ofCluster(`networking: {podSubnet: "${podSubnet}", serviceSubnet: "${serviceSubnet}"}`), []);
  }
});

test('a cluster of IPv6 alone has its addresses everywhere', () => {
  const text = document(
    'ClusterConfiguration',
    'networking: {podSubnet: "fd00:1::/48", serviceSubnet: "fd00:2::/112"}',
  );
  const config = loadInitConfig(text, { init: { localAPIEndpoint: { advertiseAddress: 'fd00:30::2' } } }, deps).config;
  assert.deepEqual(validateInit(config), []);
});

const families = 'expected one (IPv4 or IPv6) CIDR or two CIDRs from each family for dual-stack networking';

const clusterCases: [body: string, problem: string][] = [
  [
    'networking: {serviceSubnet: "10.96.0.0/99"}',
    `networking.serviceSubnet: Invalid value: "10.96.0.0/99": couldn't parse subnet`,
  ],
  [
    'networking: {serviceSubnet: "10.96.0.0/16,10.97.0.0/16"}',
    `networking.serviceSubnet: Invalid value: "10.96.0.0/16,10.97.0.0/16": ${families}`,
  ],
  [
    'networking: {podSubnet: "10.244.0.0/16,fd00::/56,fd01::/56"}',
    `networking.podSubnet: Invalid value: "10.244.0.0/16,fd00::/56,fd01::/56": ${families}`,
  ],
  [
    'networking: {serviceSubnet: "fd00::/64"}',
    'networking.serviceSubnet: Invalid value: "fd00::/64": specified service subnet is too large; for 128-bit addresses, the mask must be >= 108',
  ],
  [
    'networking: {serviceSubnet: "10.96.0.0/30"}',
    'networking.serviceSubnet: Invalid value: "10.96.0.0/30": subnet with 4 address(es) is too small, the minimum is 10',
  ],
  [
    'networking: {podSubnet: "10.244.0.0/25"}',
    'networking.podSubnet: Invalid value: "10.244.0.0/25": the size of pod subnet with mask 25 is smaller than the size of node subnet with mask 24',
  ],
  [
    'networking: {podSubnet: "fd00::/40"}',
    'networking.podSubnet: Invalid value: "fd00::/40": pod subnet mask (40) and node-mask (64) difference is greater than 16',
  ],
  [
    'networking: {podSubnet: "fd00::/56"}\ncontrollerManager: {extraArgs: [{name: node-cidr-mask-size-ipv6, value: x}]}',
    'networking.podSubnet: Invalid value: "fd00::/56": could not parse the value of the kube-controller-manager flag node-cidr-mask-size-ipv6 as an integer: strconv.Atoi: parsing "x": invalid syntax',
  ],
  [
    'controlPlaneEndpoint: "a_b:6443"\ncertificatesDir: here',
    "hostport a_b:6443: host 'a_b' must be a valid IP address or a valid RFC-1123 DNS subdomain",
  ],
  [
    'controlPlaneEndpoint: "a:99999"',
    'hostport a:99999: port 99999 must be a valid number between 1 and 65535, inclusive',
  ],
  [
    'controlPlaneEndpoint: "a:https"',
    'hostport a:https: port https must be a valid number between 1 and 65535, inclusive',
  ],
  [
    'controlPlaneEndpoint: "[fd00::1]"',
    "hostport [fd00::1]: host '[fd00::1]' must be a valid IP address or a valid RFC-1123 DNS subdomain",
  ],
  ['imageRepository: "no good"', 'imageRepository: Invalid value: "no good": invalid image repository format'],
  [
    'apiServer: {extraArgs: [{name: "", value: x}]}',
    'apiServer.extraArgs: Invalid value: "index 0": argument has no name',
  ],
  ['featureGates: {Nope: true}', 'featureGates: Invalid value: {"Nope":true}: Nope is not a valid feature name.'],
  [
    'etcd: {local: {dataDir: /d}, external: {endpoints: ["http://e:2379"]}}',
    'etcd: Invalid value: "": .Etcd.Local and .Etcd.External are mutually exclusive',
  ],
  [
    'etcd: {external: {endpoints: ["http://e:2379"], caFile: /ca}}',
    'etcd.external.endpoints: Invalid value: "http://e:2379": the URL must be using the HTTPS scheme',
  ],
  [
    'etcd: {external: {endpoints: ["https://e:2379"], caFile: /ca, certFile: /c}}',
    'etcd.external: Invalid value: "": either both or none of .Etcd.External.CertFile and .Etcd.External.KeyFile must be set',
  ],
  [
    'encryptionAlgorithm: DSA',
    'encryptionAlgorithm: Invalid value: "DSA": Invalid encryption algorithm "DSA". Must be one of [ECDSA-P256 ECDSA-P384 RSA-2048 RSA-3072 RSA-4096]',
  ],
];
for (const [body, problem] of clusterCases) test(problem, () => assert.deepEqual(ofCluster(body), [problem]));

const initCases: [body: string, problem: string][] = [
  [
    'localAPIEndpoint: {advertiseAddress: x, bindPort: 70000}',
    `couldn't use "x" as "apiserver-advertise-address", must be ipv4 or ipv6 address`,
  ],
  [
    'certificateKey: xyz',
    'certificateKey: Invalid value: "<withheld>": certificate key decoding error: encoding/hex: invalid byte: U+0078 \'x\'',
  ],
  [
    'certificateKey: abc',
    'certificateKey: Invalid value: "<withheld>": certificate key decoding error: encoding/hex: odd length hex string',
  ],
  [
    'certificateKey: abcd',
    'certificateKey: Invalid value: "<withheld>": invalid certificate key size 2, the key must be an AES key of size 32',
  ],
  ['localAPIEndpoint: {bindPort: 70000}', 'localAPIEndpoint.bindPort: Invalid value: 70000: port number is not valid'],
  [
    'nodeRegistration: {criSocket: "tcp://x"}',
    'nodeRegistration.criSocket: Invalid value: "tcp://x": only URL scheme "unix" is supported, got "tcp"',
  ],
  [
    'bootstrapTokens: [{usages: [signing], groups: ["system:bootstrappers:x"]}]',
    'bootstrapTokens.0.groups: Invalid value: ["system:bootstrappers:x"]: token groups cannot be specified unless --usages includes "authentication"',
  ],
  [
    'bootstrapTokens: [{groups: [admins]}]',
    String.raw`bootstrapTokens.0.groups: Invalid value: ["admins"]: bootstrap group "admins" is invalid (must match \Asystem:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]\z)`,
  ],
  [
    'bootstrapTokens: [{usages: [all, authentication]}]',
    'bootstrapTokens.0.usages: Invalid value: ["all","authentication"]: invalid bootstrap token usage string: all, valid usage options: signing,authentication',
  ],
  [
    'bootstrapTokens: [{ttl: 1h, expires: "2030-01-01T00:00:00Z"}]',
    'bootstrapTokens.0: Invalid value: "": the BootstrapToken .TTL and .Expires fields are mutually exclusive',
  ],
];
for (const [body, problem] of initCases) test(problem, () => assert.deepEqual(ofInit(body), [problem]));

const token = 'token: abcdef.0123456789abcdef';
const joinCases: [body: string, problem: string][] = [
  [
    `caCertPath: ca.crt\ndiscovery: {file: {kubeConfigPath: /f}}`,
    'caCertPath: Invalid value: "ca.crt": the ca certificate path must be an absolute path',
  ],
  [
    `discovery: {file: {kubeConfigPath: /f}, bootstrapToken: {${token}, apiServerEndpoint: "a:1", unsafeSkipCAVerification: true}}`,
    'discovery: Invalid value: "": bootstrapToken and file cannot both be set',
  ],
  [
    'discovery: {file: {kubeConfigPath: "http://a/b"}}',
    'discovery.file.kubeConfigPath: Invalid value: "http://a/b": if a URL is used, the scheme must be https',
  ],
  [
    `discovery: {bootstrapToken: {${token}, apiServerEndpoint: "a:b:c", unsafeSkipCAVerification: true}}`,
    'discovery.bootstrapToken.apiServerEndpoint: Invalid value: "a:b:c": address a:b:c: too many colons in address',
  ],
  [
    `discovery: {bootstrapToken: {${token}, apiServerEndpoint: "10.0.0.1", unsafeSkipCAVerification: true}}`,
    'discovery.bootstrapToken.apiServerEndpoint: Invalid value: "10.0.0.1": address 10.0.0.1: missing port in address',
  ],
];
for (const [body, problem] of joinCases) test(problem, () => assert.deepEqual(ofJoin(body), [problem]));

test('reset and upgrade have their rules', () => {
  const reset = loadResetConfig(document('ResetConfiguration', 'unmountFlags: [MNT_FORCE, LAZY]'), {});
  assert.deepEqual(validateReset(reset.config), ['unmountFlags: Invalid value: "index 1": unknown unmount flag LAZY']);
  const text = document('UpgradeConfiguration', 'apply: {patches: {directory: here}, imagePullPolicy: Sometimes}');
  assert.deepEqual(validateUpgrade(loadUpgradeConfig(text, 'apply', {}).config, 'apply'), [
    'patches.directory: Invalid value: "here": path is not absolute',
    'apply.imagePullPolicy: Invalid value: "Sometimes": invalid pull policy',
  ]);
});

test('what is null says nothing, and is an empty item in a list', () => {
  const missing = 'discovery: Invalid value: "": bootstrapToken or file must be set';
  for (const body of ['', 'discovery: null', 'discovery: {bootstrapToken: null}', 'discovery: {file: null}'])
    assert.deepEqual(ofJoin(body), [missing], body);
  assert.deepEqual(ofInit('localAPIEndpoint: null\nnodeRegistration: null\nbootstrapTokens: [null]'), []);
  assert.deepEqual(ofInit('nodeRegistration: {taints: null, kubeletExtraArgs: [null]}'), [
    'nodeRegistration.kubeletExtraArgs: Invalid value: "index 0": argument has no name',
  ]);
  assert.deepEqual(ofCluster('apiServer: {extraArgs: [null], extraVolumes: null}\nnetworking: null\ndns: null'), [
    'apiServer.extraArgs: Invalid value: "index 0": argument has no name',
  ]);
});
