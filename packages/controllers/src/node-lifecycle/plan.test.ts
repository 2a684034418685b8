import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Lease } from '@typernetes/api/coordination/v1';
import type { Node, NodeCondition, Taint } from '@typernetes/api/core/v1';
import { type NodeHealthInput, planNodeHealth, planTaints } from './plan.ts';

const nowText = '2026-01-01T00:10:00Z';
const makeNode = (ready: NodeCondition['status'] | undefined, taints: Taint[] = [], unschedulable = false): Node => ({
  metadata: { name: 'n', uid: 'n', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { taints, ...(unschedulable ? { unschedulable } : {}) },
  status: ready ? { conditions: [{ type: 'Ready', status: ready, lastHeartbeatTime: 'h1' }] } : {},
});
const lease = (renewTime: string): Lease => ({ metadata: makeNode(undefined).metadata, spec: { renewTime } });
/** Health and taints, as if nodes were given up at once. */
const plan = (input: Partial<NodeHealthInput> & Pick<NodeHealthInput, 'node'>, evicting = true) => {
  const health = healthOf(input);
  return { ...health, taints: planTaints(input.node, { ready: health.ready, evicting, nowText }) };
};
const healthOf = (input: Partial<NodeHealthInput> & Pick<NodeHealthInput, 'node'>) =>
  planNodeHealth(
    {
      lease: lease('r1'),
      last: { sign: 'r1 h1', heardAt: 0 },
      now: 10_000,
      gracePeriodMs: 50_000,
      startupGracePeriodMs: 60_000,
      ...input,
    },
    nowText,
  );

test('a node with a recent heartbeat is left alone, and checked again when its grace period ends', () => {
  const health = plan({ node: makeNode('True') });
  assert.deepEqual([health.conditions, health.taints, health.checkAgainMs], [[], undefined, 40_000]);
});

test('a renewed lease is a sign of life', () => {
  const health = plan({ node: makeNode('True'), lease: lease('r2'), now: 60_000 });
  assert.deepEqual(health.heartbeat, { sign: 'r2 h1', heardAt: 60_000 });
  assert.deepEqual(health.conditions, []);
});

test('silence makes conditions unknown and taints the node', () => {
  const health = plan({ node: makeNode('True'), now: 50_000 });
  assert.deepEqual(
    health.conditions.map((c) => `${c.type} ${c.status} ${c.reason}`),
    [
      'Ready Unknown NodeStatusUnknown',
      'MemoryPressure Unknown NodeStatusNeverUpdated',
      'DiskPressure Unknown NodeStatusNeverUpdated',
      'PIDPressure Unknown NodeStatusNeverUpdated',
    ],
  );
  assert.equal(health.conditions[0]?.message, 'Kubelet stopped posting node status.');
  assert.deepEqual(health.taints, [
    { key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule', timeAdded: nowText },
    { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', timeAdded: nowText },
  ]);
});

test('taints follow the conditions, those of others stay', () => {
  const foreign: Taint = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' };
  const notReady: Taint[] = [
    { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' },
    { key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' },
  ];
  assert.deepEqual(plan({ node: makeNode('True', [foreign, ...notReady]) }).taints, [foreign]);
  assert.deepEqual(
    plan({ node: makeNode('False', [foreign]) }).taints?.map((t) => `${t.key}:${t.effect}`),
    [
      'node-role.kubernetes.io/control-plane:NoSchedule',
      'node.kubernetes.io/not-ready:NoSchedule',
      'node.kubernetes.io/not-ready:NoExecute',
    ],
  );
  assert.deepEqual(plan({ node: makeNode('True', [], true) }).taints, [
    { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule', timeAdded: nowText },
  ]);
});

test('pods stay on a node that is not given up', () => {
  const silent: Taint[] = [
    { key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule' },
    { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' },
  ];
  assert.deepEqual(plan({ node: makeNode('Unknown', silent) }, false).taints, silent.slice(0, 1));
  assert.deepEqual(plan({ node: makeNode('False') }, false).taints, [
    { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule', timeAdded: nowText },
  ]);
});

test('a new node keeps its initial taint until its first report', () => {
  const born: Taint[] = [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }];
  assert.equal(plan({ node: makeNode(undefined, born), last: undefined }).taints, undefined);
});
