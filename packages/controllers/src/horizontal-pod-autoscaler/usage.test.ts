import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Pod } from '@typernetes/api/core/v1';
import { replicasForAverage, replicasForShare, replicasForUtilization, replicasForValue, requestsOf } from './usage.ts';

const start = Date.parse('2026-01-01T00:00:00Z');
const hour = 3_600_000;
type State = 'ready' | 'unready' | 'pending' | 'failed';
const pod = (name: string, state: State = 'ready'): Pod => ({
  metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '' },
  spec: { containers: [{ name: 'main', image: 'x', resources: { requests: { cpu: '1' } } }] },
  status: {
    phase: ({ pending: 'Pending', failed: 'Failed' } as const)[state as 'pending'] ?? 'Running',
    startTime: '2026-01-01T00:00:00Z',
    conditions: [
      { type: 'Ready', status: state === 'ready' ? 'True' : 'False', lastTransitionTime: '2026-01-01T00:00:00Z' },
    ],
  },
});
const grouping = {
  now: start + hour,
  isCpu: true,
  cpuInitializationPeriodMs: 300_000,
  initialReadinessDelayMs: 30_000,
};
const tolerances = { up: 0.1, down: 0.1 };

const cases: [name: string, pods: [State, milli?: number][], target: number, replicas: number, current?: number][] = [
  [
    'on target',
    [
      ['ready', 500],
      ['ready', 520],
    ],
    50,
    2,
  ],
  [
    'above',
    [
      ['ready', 900],
      ['ready', 900],
    ],
    50,
    4,
  ],
  [
    'below',
    [
      ['ready', 100],
      ['ready', 100],
      ['ready', 100],
    ],
    50,
    1,
  ],
  [
    'within the tolerance',
    [
      ['ready', 540],
      ['ready', 540],
    ],
    50,
    2,
  ],
  ['missing ones use all when it is low', [['ready', 100], ['ready', 100], ['ready']], 50, 3],
  ['missing ones use nothing when it is high', [['ready', 900], ['ready', 900], ['ready']], 50, 4],
  ['pending ones use nothing when it is high', [['ready', 900], ['pending']], 50, 2],
  [
    'failed ones are ignored',
    [
      ['ready', 900],
      ['failed', 0],
    ],
    50,
    2,
  ],
  [
    'ones never ready are ignored',
    [
      ['ready', 250],
      ['ready', 250],
      ['unready', 900],
    ],
    50,
    1,
  ],
];
describe('utilization', () => {
  for (const [name, shapes, target, replicas] of cases)
    test(name, () => {
      const pods = shapes.map(([state], i) => pod(`p${i}`, state));
      const known = shapes.flatMap(([, milli], i) =>
        milli === undefined ? [] : [[`p${i}`, { milli, at: start + hour, windowMs: 60_000 }] as const],
      );
      const requests = requestsOf(pods, { resource: 'cpu' });
      const found = replicasForUtilization(new Map(known), target, {
        pods,
        current: pods.length,
        tolerances,
        grouping,
        requests,
      });
      assert.equal(found.replicas, replicas);
    });
  test('utilization needs resource requests', () =>
    assert.throws(() => requestsOf([pod('a')], { resource: 'memory' }), {
      message: 'missing request for memory in container main of Pod a',
    }));
});

test('averages and shared values', () => {
  const usages = new Map([['a', { milli: 3000, at: 0, windowMs: 0 }]]);
  const at = { pods: [pod('a')], current: 1, tolerances, grouping: { ...grouping, isCpu: false } };
  assert.equal(replicasForAverage(usages, 1000, at).replicas, 3);
  assert.equal(replicasForValue(30_000, 10_000, { current: 2, ready: 2, tolerances }).replicas, 6);
  assert.equal(replicasForValue(30_000, 10_000, { current: 0, ready: 0, tolerances }).replicas, 3);
  assert.deepEqual(replicasForShare(45_000, 10_000, { replicas: 3, tolerances }), { replicas: 5, milli: 15_000 });
});
