import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type NodeSight, newNode, nodeStatus, withdrawnResources } from './node-object.ts';

const sight = {
  name: 'node-1',
  ips: ['192.0.2.1'],
  machine: { cpus: 2, memoryBytes: 2 ** 31, swapBytes: 0, diskBytes: 2 ** 33, hugepages: {}, mostProcesses: 0 },
  config: {
    maxPods: 110,
    systemReserved: {},
    kubeReserved: {},
    evictionHard: {},
    port: 10250,
    nodeStatusMaxImages: 50,
  },
  images: [],
  pressures: [],
  problem: undefined,
  volumesInUse: [],
  now: 0,
} as unknown as NodeSight;

test('pods may use resources advertised on the node by hand, until they are removed', () => {
  const capacity = { cpu: '1', 'example.com/dongle': '5', 'kubernetes.io/batch-cpu': '3' };
  const status = nodeStatus(sight, { capacity });
  assert.equal(status.capacity?.['example.com/dongle'], '5');
  assert.equal(status.allocatable?.['example.com/dongle'], '5');
  assert.equal(status.capacity?.cpu, '2');
  assert.equal(status.allocatable?.['kubernetes.io/batch-cpu'], undefined);
  const later = nodeStatus(sight, { capacity: { cpu: '2' }, allocatable: status.allocatable ?? {} });
  assert.equal(later.allocatable?.['example.com/dongle'], undefined);
  assert.deepEqual(withdrawnResources(status, later), { 'example.com/dongle': null });
});

test('a node may register as not schedulable, or as one of a cloud that has not told of it yet', () => {
  const none = { labels: {}, taints: [] };
  assert.deepEqual(newNode(sight, none).spec, {});
  const closed = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' } as const;
  const spec = { unschedulable: true, taints: [closed] };
  assert.deepEqual(newNode(sight, { ...none, schedulable: false }).spec, spec);
  assert.deepEqual(newNode(sight, { labels: {}, taints: [closed], schedulable: false }).spec, spec);
  const given = newNode(sight, { ...none, cloud: { givenIps: ['192.0.2.1'] } });
  const key = 'node.cloudprovider.kubernetes.io/uninitialized';
  assert.deepEqual(given.spec, { taints: [{ key, value: 'true', effect: 'NoSchedule' }] });
  assert.equal(given.metadata.annotations?.['alpha.kubernetes.io/provided-node-ip'], '192.0.2.1');
});

test("a cloud's addresses of the node are left as they are, and awaited where none are given", () => {
  const cloud = (...givenIps: readonly string[]): NodeSight => ({ ...sight, cloud: { givenIps } });
  const own = nodeStatus(sight, {}).addresses;
  assert.deepEqual(nodeStatus(cloud('192.0.2.1'), {}).addresses, own);
  assert.deepEqual(nodeStatus(cloud(), {}).addresses, []);
  const addresses = [{ type: 'ExternalIP' as const, address: '198.51.100.7' }];
  for (const one of [cloud(), cloud('192.0.2.1')])
    assert.deepEqual(nodeStatus(one, { addresses }).addresses, addresses);
});
