import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Service } from '@typernetes/api/core/v1';
import type { EndpointSlice } from '@typernetes/api/discovery/v1';
import { backendAddress, servicePorts } from './service-port.ts';

const metadata = {
  name: 'web',
  namespace: 'default',
  uid: 'u',
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
};
const service: Service = {
  metadata,
  spec: { type: 'ClusterIP', clusterIP: '10.96.0.10', ports: [{ name: 'http', port: 80, targetPort: 'web' }] },
};
const slice = (endpoints: EndpointSlice['endpoints']): EndpointSlice => ({
  metadata: { ...metadata, name: 'web-1' },
  addressType: 'IPv4',
  endpoints,
  ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
});

test("joins ports with the slices' ports by name", () => {
  const [port] = servicePorts(
    service,
    [slice([{ addresses: ['10.244.1.2'], nodeName: 'n', conditions: { ready: true } }])],
    'IPv4',
  );
  assert.equal(port?.id, 'default/web:http');
  assert.deepEqual(port?.backends, [
    { ip: '10.244.1.2', port: 8080, ready: true, serving: true, terminating: false, nodeName: 'n' },
  ]);
});

test('an address in two slices counts once, and is ready if either says so', () => {
  const slices = [
    slice([{ addresses: ['10.244.1.2'], conditions: { ready: false } }]),
    slice([{ addresses: ['10.244.1.2'], conditions: { ready: true } }]),
  ];
  assert.deepEqual(
    servicePorts(service, slices, 'IPv4')[0]?.backends.map((b) => b.ready),
    [true],
  );
});

test('ignores headless, ExternalName and foreign services', () => {
  const foreign = {
    ...service,
    metadata: { ...metadata, labels: { 'service.kubernetes.io/service-proxy-name': 'other' } },
  };
  const headless = { ...service, spec: { ...service.spec, clusterIP: 'None' } };
  const marked = { ...service, metadata: { ...metadata, labels: { 'service.kubernetes.io/headless': '' } } };
  const external = { ...service, spec: { type: 'ExternalName' as const, externalName: 'example.com' } };
  for (const other of [foreign, headless, marked, external]) assert.deepEqual(servicePorts(other, [], 'IPv4'), []);
});

test('a dual-stack service has addresses and backends of each family', () => {
  const dual: Service = {
    ...service,
    spec: { ...service.spec, clusterIPs: ['10.96.0.10', 'fd00:96::a'], externalIPs: ['203.0.113.7'] },
  };
  const slices: EndpointSlice[] = [
    slice([{ addresses: ['10.244.1.2'] }]),
    { ...slice([{ addresses: ['fd00:10:244:1::2'] }]), addressType: 'IPv6' },
  ];
  const [six] = servicePorts(dual, slices, 'IPv6');
  assert.deepEqual(
    [six?.clusterIP, six?.externalIPs, six?.backends.map(backendAddress)],
    ['fd00:96::a', [], ['[fd00:10:244:1::2]:8080']],
  );
  assert.deepEqual(servicePorts(dual, slices, 'IPv4')[0]?.externalIPs, ['203.0.113.7']);
  assert.deepEqual(servicePorts(service, slices, 'IPv6'), []);
});
