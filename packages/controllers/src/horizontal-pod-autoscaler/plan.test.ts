import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyMemory, limit } from './plan.ts';

const start = Date.parse('2026-01-01T00:00:00Z');
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
