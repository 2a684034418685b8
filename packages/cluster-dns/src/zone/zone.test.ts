import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service, ServiceSpec } from '@typernetes/api/core/v1';
import type { EndpointSlice } from '@typernetes/api/discovery/v1';
import { clusterIPsOf } from './cluster-ips.ts';
import { endpointNames } from './endpoint-names.ts';
import { type ClusterView, lookup } from './zone.ts';

const makeService = (name: string, spec: Partial<ServiceSpec>): Service => ({
  metadata: { name, namespace: 'default', uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { ports: [{ name: 'http', port: 80 }], ...spec } as ServiceSpec,
});
const services = [
  makeService('web', { clusterIP: '10.96.0.10' }),
  makeService('dual', { clusterIP: '10.96.0.11', clusterIPs: ['10.96.0.11', 'fd00:96::b'] }),
  makeService('db', { clusterIP: 'None' }),
  makeService('portless', { clusterIP: 'None', ports: [] }),
  makeService('empty', { clusterIP: 'None' }),
  makeService('out', { type: 'ExternalName', externalName: 'Example.COM.' }),
];
const headless = services.find(({ metadata }) => metadata.name === 'db') as Service;
const slice6: EndpointSlice = {
  metadata: headless.metadata,
  addressType: 'IPv6',
  endpoints: [{ addresses: ['fd00:244::2'], conditions: { ready: true } }],
  ports: [{ name: 'http6', port: 8080, protocol: 'TCP' }],
};
const webSlice: EndpointSlice = {
  metadata: headless.metadata,
  addressType: 'IPv4',
  endpoints: [{ addresses: ['10.244.2.2'], hostname: 'one', conditions: { ready: true } }],
  ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
};
const portless: EndpointSlice = {
  metadata: headless.metadata,
  addressType: 'IPv4',
  endpoints: [
    { addresses: ['10.244.3.2'], hostname: 'same', conditions: { ready: true } },
    { addresses: ['10.244.3.3'], hostname: 'same', conditions: { ready: true } },
  ],
};
const slice: EndpointSlice = {
  metadata: headless.metadata,
  addressType: 'IPv4',
  endpoints: [
    { addresses: ['10.244.1.2'], hostname: 'db-0', conditions: { ready: true } },
    { addresses: ['10.244.1.3'], conditions: { ready: true } },
    { addresses: ['10.244.1.4'], conditions: { ready: false } },
  ],
  ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
};
const view: ClusterView = {
  service: (namespace, name) => (namespace === 'default' ? services.find((s) => s.metadata.name === name) : undefined),
  namespaceExists: (name) => name === 'default',
  slicesOf: (_namespace, service) => ({ db: [slice, slice6], web: [webSlice], portless: [portless] })[service] ?? [],
  podHas: (namespace, ip) => namespace === 'default' && ip === '10.244.1.2',
  namespaceOfPod: () => undefined,
  servicesByClusterIP: (ip) => services.filter((s) => clusterIPsOf(s).includes(ip)),
  endpointsByIP: (ip) =>
    [
      { service: headless, slices: [slice, slice6] },
      { service: services[0] as Service, slices: [webSlice] },
    ].flatMap(({ service, slices }) =>
      endpointNames(service, slices)
        .filter((e) => e.ip === ip)
        .map(({ label }) => ({ service, label })),
    ),
};
const ask = (name: string, type = 'A', ownAddresses: readonly string[] = []) =>
  lookup(name, type, view, { domain: 'cluster.local', ttl: 30, serial: () => 1, pods: 'insecure', ownAddresses });
const data = (name: string, type = 'A'): unknown => ask(name, type)?.answers.map((answer) => answer.data);

const answers: [name: string, type: string, expected: unknown][] = [
  ['web.default.svc.cluster.local', 'A', ['10.96.0.10']],
  ['WEB.default.svc.CLUSTER.local', 'A', ['10.96.0.10']],
  ['db.default.svc.cluster.local', 'A', ['10.244.1.2', '10.244.1.3']],
  ['db-0.db.default.svc.cluster.local', 'A', ['10.244.1.2']],
  ['10-244-1-3.db.default.svc.cluster.local', 'A', ['10.244.1.3']],
  ['10-244-9-9.default.pod.cluster.local', 'A', ['10.244.9.9']],
  ['out.default.svc.cluster.local', 'A', ['example.com']],
  ['dual.default.svc.cluster.local', 'A', ['10.96.0.11']],
  ['dual.default.svc.cluster.local', 'AAAA', ['fd00:96::b']],
  ['web.default.svc.cluster.local', 'AAAA', []],
  ['db.default.svc.cluster.local', 'AAAA', ['fd00:244::2']],
  ['fd00-244--2.db.default.svc.cluster.local', 'AAAA', ['fd00:244::2']],
  ['fd00-244--9.default.pod.cluster.local', 'AAAA', ['fd00:244::9']],
  [`${[...'b00000000000000000000000690000df'].join('.')}.ip6.arpa`, 'PTR', ['dual.default.svc.cluster.local']],
  [
    `${[...'200000000000000000000000442000df'].join('.')}.ip6.arpa`,
    'PTR',
    ['fd00-244--2.db.default.svc.cluster.local'],
  ],
  ['one.web.default.svc.cluster.local', 'A', ['10.244.2.2']],
  ['2.2.244.10.in-addr.arpa', 'PTR', ['one.web.default.svc.cluster.local']],
  ['_http._tcp.web.default.svc.cluster.local', 'A', ['10.96.0.10']],
  ['_http._udp.web.default.svc.cluster.local', 'A', []],
  ['same.portless.default.svc.cluster.local', 'A', ['10.244.3.2', '10.244.3.3']],
  ['portless.default.svc.cluster.local', 'SRV', []],
  ['out.default.svc.cluster.local', 'CNAME', ['example.com']],
  ['out.default.svc.cluster.local', 'MX', []],
  ['web.default.svc.cluster.local', 'ANY', []],
  ['dns-version.cluster.local', 'TXT', ['1.1.0']],
  ['10.0.96.10.in-addr.arpa', 'PTR', ['web.default.svc.cluster.local']],
  ['2.1.244.10.in-addr.arpa', 'PTR', ['db-0.db.default.svc.cluster.local']],
];
for (const [name, type, expected] of answers) {
  test(`${type} ${name}`, () => assert.deepEqual(data(name.replace('10.0.96.10', '10.0.96.10'), type), expected));
}

test('SRV answers carry the addresses of their targets', () => {
  const answer = ask('_http._tcp.db.default.svc.cluster.local', 'SRV');
  assert.deepEqual(
    answer?.answers.map((a) => a.data),
    [
      { priority: 0, weight: 50, port: 8080, target: 'db-0.db.default.svc.cluster.local' },
      { priority: 0, weight: 50, port: 8080, target: '10-244-1-3.db.default.svc.cluster.local' },
    ],
  );
  assert.deepEqual(
    answer?.additional.map((a) => a.data),
    ['10.244.1.2', '10.244.1.3'],
  );
});

test('an existing name without the type has no error; a missing name is denied; both with the SOA', () => {
  for (const [name, code] of [
    ['web.default.svc.cluster.local', 'NOERROR'],
    ['default.svc.cluster.local', 'NOERROR'],
    ['svc.cluster.local', 'NOERROR'],
    ['nope.default.svc.cluster.local', 'NXDOMAIN'],
    ['web.nowhere.svc.cluster.local', 'NXDOMAIN'],
    ['empty.default.svc.cluster.local', 'NXDOMAIN'],
  ] as const) {
    const answer = ask(name, 'AAAA');
    assert.deepEqual([answer?.code, answer?.authority[0]?.type], [code, 'SOA'], name);
  }
});

test('ignores names outside of the zone', () => {
  assert.equal(ask('example.com'), undefined);
  assert.equal(ask('4.3.2.1.in-addr.arpa', 'PTR'), undefined);
});

test('has the addresses of pods as configured', () => {
  const asked = (address: string, pods: 'disabled' | 'verified' | 'insecure') =>
    lookup(`${address}.default.pod.cluster.local`, 'A', view, {
      domain: 'cluster.local',
      ttl: 30,
      serial: () => 1,
      pods,
    })?.code;
  assert.equal(asked('10-244-1-2', 'disabled'), 'NXDOMAIN');
  assert.equal(asked('10-244-1-2', 'verified'), 'NOERROR');
  assert.equal(asked('10-244-9-9', 'verified'), 'NXDOMAIN');
  assert.equal(asked('10-244-9-9', 'insecure'), 'NOERROR');
  const below = (pods: 'disabled' | 'verified') =>
    lookup('default.pod.cluster.local', 'A', view, { domain: 'cluster.local', ttl: 30, serial: () => 1, pods })?.code;
  assert.deepEqual([below('disabled'), below('verified')], ['NXDOMAIN', 'NOERROR']);
});

const targets = (name: string): unknown =>
  ask(name, 'SRV')?.answers.map(({ data }) => {
    const { weight, port, target } = data as { weight: number; port: number; target: string };
    return `${weight} ${port} ${target}`;
  });

test('SRV without a port is for every port, and for an endpoint alone too', () => {
  assert.deepEqual(targets('web.default.svc.cluster.local'), ['100 80 web.default.svc.cluster.local']);
  // Each of the two addresses has its share, and both have one name.
  assert.deepEqual(targets('dual.default.svc.cluster.local'), ['50 80 dual.default.svc.cluster.local']);
  assert.deepEqual(targets('db-0.db.default.svc.cluster.local'), ['100 8080 db-0.db.default.svc.cluster.local']);
  assert.deepEqual(targets('db.default.svc.cluster.local'), [
    '33 8080 db-0.db.default.svc.cluster.local',
    '33 8080 10-244-1-3.db.default.svc.cluster.local',
    '33 8080 fd00-244--2.db.default.svc.cluster.local',
  ]);
});

test('the name server of the zone is the Service that leads here, or this server itself', () => {
  const answers = (name: string, type: string, own: string) => {
    const answer = ask(name, type, [own]);
    return [...(answer?.answers ?? []), ...(answer?.additional ?? [])].map((one) => `${one.name} ${one.data}`);
  };
  assert.deepEqual(answers('cluster.local', 'NS', '10.244.2.2'), [
    'cluster.local web.default.svc.cluster.local',
    'web.default.svc.cluster.local 10.96.0.10',
  ]);
  assert.deepEqual(answers('ns.dns.cluster.local', 'A', '10.244.2.2'), ['ns.dns.cluster.local 10.96.0.10']);
  assert.deepEqual(answers('cluster.local', 'NS', '192.0.2.1'), [
    'cluster.local ns.dns.cluster.local',
    'ns.dns.cluster.local 192.0.2.1',
  ]);
  assert.deepEqual(ask('ns.dns.cluster.local')?.code, 'NOERROR');
});

test('answers have the name as it was asked for', () => {
  assert.equal(ask('WEB.default.svc.cluster.LOCAL')?.answers[0]?.name, 'WEB.default.svc.cluster.LOCAL');
  assert.equal(ask('10.0.96.10.IN-ADDR.arpa', 'PTR')?.answers[0]?.name, '10.0.96.10.IN-ADDR.arpa');
});

test('how the names are made up is told for eight hours', () => {
  assert.equal(ask('dns-version.cluster.local', 'TXT')?.answers[0]?.ttl, 28_800);
});
