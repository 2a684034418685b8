import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type NodeSight, nodeStatus, withdrawnResources } from './node-object.ts';

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
