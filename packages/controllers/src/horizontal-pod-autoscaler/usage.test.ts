import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Pod } from '@typernetes/api/core/v1';
import { emptyMemory, limit } from './limits.ts';
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
  test('what does not request cannot be measured', () =>
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

describe('limits', () => {
  const bounds = { current: 4, min: 1, max: 100, behavior: undefined, downscaleStabilizationMs: 300_000, now: start };
  const before = (replicas: number, secondsAgo: number) => ({
    ...emptyMemory,
    recommendations: [{ replicas, at: start - secondsAgo * 1000 }],
  });
  const rules = (type: string, value: number, rest = {}) => ({
    policies: [{ type, value, periodSeconds: 60 }],
    stabilizationWindowSeconds: 0,
    ...rest,
  });
  const table: [
    name: string,
    wanted: number,
    memory: typeof emptyMemory,
    rest: object,
    replicas: number,
    able: string,
    range: string,
  ][] = [
    ['as wanted', 5, emptyMemory, {}, 5, 'ReadyForNewScale', 'DesiredWithinRange'],
    ['no faster than double', 50, emptyMemory, {}, 8, 'ReadyForNewScale', 'ScaleUpLimit'],
    ['no more than the maximum', 50, emptyMemory, { max: 6 }, 6, 'ReadyForNewScale', 'TooManyReplicas'],
    ['no fewer than the minimum', 1, emptyMemory, { min: 2 }, 2, 'ReadyForNewScale', 'TooFewReplicas'],
    ['held by a recent one', 2, before(4, 200), {}, 4, 'ScaleDownStabilized', 'DesiredWithinRange'],
    ['not by an old one', 2, before(4, 301), {}, 2, 'ReadyForNewScale', 'DesiredWithinRange'],
    [
      'pods a minute up',
      50,
      emptyMemory,
      { behavior: { scaleUp: rules('Pods', 3) } },
      7,
      'ReadyForNewScale',
      'ScaleUpLimit',
    ],
    [
      'percent a minute up',
      50,
      emptyMemory,
      { behavior: { scaleUp: rules('Percent', 50) } },
      6,
      'ReadyForNewScale',
      'ScaleUpLimit',
    ],
    [
      'percent a minute down',
      1,
      emptyMemory,
      { behavior: { scaleDown: rules('Percent', 50) } },
      2,
      'ReadyForNewScale',
      'ScaleDownLimit',
    ],
    [
      'what was added counts',
      50,
      { ...emptyMemory, changes: [{ by: 2, at: start - 30_000 }] },
      { behavior: { scaleUp: rules('Pods', 3) } },
      5,
      'ReadyForNewScale',
      'ScaleUpLimit',
    ],
    [
      'disabled',
      1,
      emptyMemory,
      { behavior: { scaleDown: rules('Pods', 1, { selectPolicy: 'Disabled' }) } },
      4,
      'ReadyForNewScale',
      'ScaleDownLimit',
    ],
    [
      'held up',
      8,
      before(5, 20),
      { behavior: { scaleUp: { stabilizationWindowSeconds: 60 } } },
      5,
      'ScaleUpStabilized',
      'DesiredWithinRange',
    ],
  ];
  for (const [name, wanted, memory, rest, replicas, able, range] of table)
    test(name, () => {
      const found = limit(wanted, memory, { ...bounds, ...rest });
      assert.deepEqual([found.replicas, found.able.reason, found.range.reason], [replicas, able, range]);
    });
});
