import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemText } from '@typernetes/machinery';
import { decodeEgressConfiguration, type EgressConnection, egressProblems } from './egress-configuration.ts';

const head = (version: string) => `apiVersion: apiserver.k8s.io/${version}\nkind: EgressSelectorConfiguration\n`;

test('reads selections of both versions, the first of which calls the control plane "master"', () => {
  const selections = (name: string) => `egressSelections:
- name: ${name}
  connection: { proxyProtocol: Direct }
- name: Cluster
  connection: { proxyProtocol: GRPC, transport: { uds: { udsName: /run/konnectivity.sock } } }
`;
  const names = (yaml: string) => decodeEgressConfiguration(yaml).map(({ name }) => name);
  assert.deepEqual(names(head('v1beta1') + selections('controlplane')), ['controlplane', 'cluster']);
  assert.deepEqual(names(head('v1alpha1') + selections('master')), ['controlplane', 'cluster']);
  assert.throws(() => names(head('v1beta1') + selections('master')), {
    message:
      'failed to validate egress selector configuration: service.connection: Unsupported value: "master": supported values: "cluster", "controlplane", "etcd"',
  });
  assert.throws(() => names(`${head('v1beta1')}egressSelection: []\n`), /unknown field "egressSelection"/);
  assert.throws(() => names(head('v1')), /no kind "EgressSelectorConfiguration" is registered for version/);
});

const https = (tlsConfig?: object): EgressConnection => ({
  proxyProtocol: 'HTTPConnect',
  transport: { tcp: { url: 'https://proxy:8131', ...(tlsConfig ? { tlsConfig } : {}) } },
});
const connect = (transport?: EgressConnection['transport']): EgressConnection => ({
  proxyProtocol: 'HTTPConnect',
  ...(transport ? { transport } : {}),
});
const grpc = (transport?: EgressConnection['transport']): EgressConnection => ({
  proxyProtocol: 'GRPC',
  ...(transport ? { transport } : {}),
});
const wrong: readonly (readonly [EgressConnection, ...string[]])[] = [
  [{}, 'protocol: Unsupported value: "": supported values: "Direct", "HTTPConnect", "GRPC"'],
  [{ proxyProtocol: 'Direct' }],
  [
    { proxyProtocol: 'Direct', transport: {} },
    'transport: Invalid value: "direct": Transport config should be absent for direct connect',
  ],
  [connect(), 'transport: Required value: transport must be set for HTTPConnect'],
  [connect({}), 'tcp: Required value: One of TCP or UDS must be set'],
  [
    connect({ tcp: { url: 'http://proxy' }, uds: { udsName: '/s' } }),
    'tcp: Invalid value: {"url":"http://proxy"}: TCP and UDS cannot both be set',
  ],
  [connect({ uds: {} }), 'udsName: Invalid value: "nil": UDSName should be present for UDS connections'],
  [
    connect({ tcp: { url: 'proxy:80' } }),
    'url: Invalid value: "proxy:80": supported connection protocols are http:// and https://',
  ],
  [connect({ tcp: { url: 'http://proxy:80' } })],
  [
    connect({ tcp: { url: 'http://proxy:80', tlsConfig: {} } }),
    'tlsConfig: Invalid value: "nil": TLSConfig config should not be present when using HTTP',
  ],
  [https(), 'tlsConfig: Required value: TLSConfig must be present when using HTTPS'],
  [
    https({}),
    'tlsConfig.clientCert: Invalid value: "nil": Using TLS requires clientCert',
    'tlsConfig.clientKey: Invalid value: "nil": Using TLS requires requires clientKey',
  ],
  [
    https({ caBundle: '/no-ca', clientCert: '/no-cert', clientKey: '/no-key' }),
    'tlsConfig.caBundle: Invalid value: "/no-ca": TLS config ca bundle does not exist',
    'tlsConfig.clientCert: Invalid value: "/no-cert": TLS client cert does not exist',
    'tlsConfig.clientKey: Invalid value: "/no-key": TLS client key does not exist',
  ],
  [https({ caBundle: '/ca', clientCert: '/cert', clientKey: '/key' })],
  [grpc(), 'transport: Required value: transport must be set for GRPC'],
  [grpc({ tcp: { url: 'http://proxy' } }), 'uds: Required value: UDS must be set with GRPC'],
];

test("reports an invalid connection in upstream's words", () => {
  for (const [connection, ...problems] of wrong)
    assert.deepEqual(
      egressProblems([{ name: 'etcd', connection }], (file) => !file.startsWith('/no-')).map(problemText),
      problems.map((problem) => `service.connection.${problem}`),
    );
});

test('a name may occur only once', () => {
  const connection = { proxyProtocol: 'Direct' };
  assert.deepEqual(
    egressProblems(
      ['etcd', 'etcd', 'nodes'].map((name) => ({ name, connection })),
      () => true,
    ).map(problemText),
    [
      'service.connection[1]: Duplicate value: "etcd"',
      'service.connection: Unsupported value: "nodes": supported values: "cluster", "controlplane", "etcd"',
    ],
  );
});
