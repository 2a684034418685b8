import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '@typernetes/api/core/v1';
import { podDemand } from '../snapshot/demand.ts';
import { clusterOf } from '../testing/cluster.ts';
import { makeNode, makePod } from '../testing/objects.ts';
import { resourceScore } from './resource-scoring.ts';

const node = makeNode('n', { allocatable: { cpu: '4', memory: '8Gi', 'example.com/gpu': '4' } });
const half = makePod({ requests: { cpu: '1', memory: '2Gi' } });

function score(strategy: Parameters<typeof resourceScore>[0], pod: Pod): number {
  const [info] = clusterOf([node], { n: [half] }).nodes;
  assert.ok(info);
  return resourceScore(strategy)(info, podDemand(pod));
}

const line = {
  shape: [
    { utilization: 0, score: 0 },
    { utilization: 100, score: 10 },
  ],
};
const gpu = makePod({ requests: { 'example.com/gpu': '1' } });

test('each strategy scores the node as it would be with the pod', () => {
  assert.equal(score({ type: 'LeastAllocated' }, half), 50);
  assert.equal(score({ type: 'MostAllocated', resources: [{ name: 'cpu', weight: 3 }, { name: 'memory' }] }, half), 50);
  assert.equal(score({ type: 'RequestedToCapacityRatio', requestedToCapacityRatio: line }, half), 50);
});

test('extended resources count for pods that ask for them only', () => {
  const resources = [{ name: 'example.com/gpu', weight: 1 }];
  assert.equal(score({ type: 'LeastAllocated', resources }, gpu), 75);
  assert.equal(score({ type: 'MostAllocated', resources }, half), 0);
});

test('a pod without requests counts for a little', () => {
  // 1100 of 4000 millicores, 2248 of 8192 MiB: 72 each.
  assert.equal(score({ type: 'LeastAllocated' }, makePod()), 72);
});

test('a pod being resized counts with the maximum of requested, allocated and actual resources', () => {
  const pod = makePod({ requests: { cpu: '1' } });
  const status = (name: string, allocated: string) => ({
    ...pod,
    status: {
      containerStatuses: [
        { name, image: '', imageID: '', ready: true, restartCount: 0, allocatedResources: { cpu: allocated } },
      ],
    },
  });
  assert.equal(podDemand(status('main', '2')).cpu, 2000);
  assert.equal(podDemand(status('main', '500m')).cpu, 1000);
  const infeasible = status('main', '500m');
  const conditions = [{ type: 'PodResizePending', status: 'True' as const, reason: 'Infeasible' }];
  assert.equal(podDemand({ ...infeasible, status: { ...infeasible.status, conditions } }).cpu, 500);
});
