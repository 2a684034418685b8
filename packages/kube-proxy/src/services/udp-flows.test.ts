import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeBackend, makeServicePort } from '../testing/service-ports.ts';
import type { ServicePort } from './service-port.ts';
import { staleUdpFlows } from './udp-flows.ts';

const port = (ips: readonly string[], fields: Partial<ServicePort> = {}): ServicePort =>
  makeServicePort({
    id: 'default/dns',
    service: { namespace: 'default', name: 'dns' },
    protocol: 'udp',
    port: 53,
    backends: ips.map((ip) => makeBackend(ip, { port: 5353 })),
    ...fields,
  });
const [a, b] = ['10.244.1.2', '10.244.2.2'];

test('flows to a removed backend are forgotten, flows to the others continue', () => {
  assert.deepEqual(staleUdpFlows([port([a, b])], [port([b])]), [{ ip: '10.96.0.10', port: 53, backend: a }]);
  assert.deepEqual(staleUdpFlows([port([a])], [port([a, b])]), []);
});

test('flows that began before the first backend are forgotten: they have no translation', () => {
  assert.deepEqual(staleUdpFlows([port([])], [port([a])]), [{ ip: '10.96.0.10', port: 53, backend: undefined }]);
});

test('flows to node ports and external addresses are flows to the service', () => {
  const fields = { externalIPs: ['192.0.2.1'], loadBalancerIPs: ['192.0.2.2'], nodePort: 30_053 };
  const flows = staleUdpFlows([port([a], fields)], [port([b], fields)]);
  assert.deepEqual(
    flows.map(({ ip, port }) => [ip, port]),
    [
      ['10.96.0.10', 53],
      ['192.0.2.1', 53],
      ['192.0.2.2', 53],
      [undefined, 30_053],
    ],
  );
  assert.ok(flows.every(({ backend }) => backend === a));
});

test('a terminating backend that still serves keeps its flows', () => {
  const ending = { ip: a, port: 5353, ready: false, serving: true, terminating: true, nodeName: 'n' };
  const [other] = port([b]).backends;
  assert.ok(other);
  assert.deepEqual(staleUdpFlows([port([a, b])], [port([], { backends: [ending, other] })]), []);
});

test('all flows of a deleted service are forgotten; TCP needs none of this', () => {
  assert.deepEqual(staleUdpFlows([port([a])], []), [{ ip: '10.96.0.10', port: 53, backend: undefined }]);
  assert.deepEqual(staleUdpFlows([port([a], { protocol: 'tcp' })], []), []);
});
