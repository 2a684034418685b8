import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReplicaSet } from '@typernetes/api/apps/v1';
import type { Pod } from '@typernetes/api/core/v1';
import { planReplicas, replicaSetStatus } from './plan.ts';

const meta = (name: string) => ({ name, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' });
const rs = (replicas: number, rest: Partial<ReplicaSet['metadata']> = {}): ReplicaSet => ({
  metadata: { ...meta('web'), generation: 3, ...rest },
  spec: { replicas, selector: {}, template: { metadata: { labels: { app: 'web' } } } },
});

interface Shape {
  readonly node?: string;
  readonly phase?: 'Pending' | 'Running' | 'Failed';
  readonly readyAt?: string;
  readonly restarts?: number;
  readonly cost?: string;
  readonly created?: string;
  readonly deleting?: boolean;
}
const pod = (name: string, shape: Shape = {}): Pod => ({
  metadata: {
    ...meta(name),
    labels: { app: 'web' },
    ...(shape.created ? { creationTimestamp: shape.created } : {}),
    ...(shape.cost ? { annotations: { 'controller.kubernetes.io/pod-deletion-cost': shape.cost } } : {}),
    ...(shape.deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
  },
  spec: { containers: [], ...(shape.node ? { nodeName: shape.node } : {}) },
  status: {
    phase: shape.phase ?? 'Running',
    ...(shape.readyAt ? { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: shape.readyAt }] } : {}),
    ...(shape.restarts ? { containerStatuses: [{ name: 'c', restartCount: shape.restarts } as never] } : {}),
  },
});
const early = '2026-01-01T00:00:00Z';
const late = '2026-01-02T00:00:00Z';

const counts: [name: string, replicas: number, pods: Pod[], create: number, remove: number][] = [
  ['from nothing', 3, [], 3, 0],
  ['as asked', 1, [pod('a')], 0, 0],
  ['one ended and one leaving are replaced', 2, [pod('a', { phase: 'Failed' }), pod('b', { deleting: true })], 2, 0],
  ['too many', 1, [pod('a'), pod('b'), pod('c')], 0, 2],
  ['no more than a burst', 1000, [], 500, 0],
];
for (const [name, replicas, pods, create, remove] of counts) {
  test(`counts: ${name}`, () => {
    const plan = planReplicas(rs(replicas), pods);
    assert.deepEqual([plan.create, plan.remove.length], [create, remove]);
  });
}

const preferences: [name: string, first: Shape, second: Shape][] = [
  ['unassigned', {}, { node: 'n1' }],
  ['pending', { node: 'n1', phase: 'Pending' }, { node: 'n1' }],
  ['not ready', { node: 'n1' }, { node: 'n1', readyAt: early }],
  ['cheap', { node: 'n1', cost: '-5', readyAt: early }, { node: 'n1', readyAt: late }],
  ['ready last', { node: 'n1', readyAt: late }, { node: 'n1', readyAt: early }],
  ['restarted', { node: 'n1', restarts: 3 }, { node: 'n1', restarts: 1 }],
  ['created last', { node: 'n1', created: late }, { node: 'n1', created: early }],
];
for (const [name, first, second] of preferences) {
  test(`deleted first: ${name}`, () => {
    for (const pods of [
      [pod('first', first), pod('second', second)],
      [pod('second', second), pod('first', first)],
    ])
      assert.equal(planReplicas(rs(1), pods).remove[0]?.metadata.name, 'first');
  });
}

test('of two equal pods, deletes the one on the more crowded node', () => {
  const pods = [pod('a', { node: 'n1' }), pod('b', { node: 'n2' })];
  const related = [...pods, pod('sibling', { node: 'n2' })];
  assert.equal(planReplicas(rs(1), pods, related).remove[0]?.metadata.name, 'b');
});

test('a ReplicaSet that is being deleted is left alone', () => {
  assert.deepEqual(planReplicas(rs(3, { deletionTimestamp: early }), []), { create: 0, remove: [] });
});

test('the status counts', () => {
  const now = Date.parse('2026-01-01T00:00:10Z');
  const pods = [pod('a', { readyAt: early }), pod('b'), pod('c', { deleting: true })];
  assert.deepEqual(replicaSetStatus(rs(2), pods, { now, timestamp: late }), {
    replicas: 2,
    fullyLabeledReplicas: 2,
    readyReplicas: 1,
    availableReplicas: 1,
    terminatingReplicas: 1,
    observedGeneration: 3,
  });
  const failure = { reason: 'FailedCreate', message: 'quota' } as const;
  const { conditions } = replicaSetStatus(rs(2), pods, { now, timestamp: late, failure });
  assert.equal(conditions?.[0]?.reason, 'FailedCreate');
});
