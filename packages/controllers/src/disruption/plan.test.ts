import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Pod } from '@typernetes/api/core/v1';
import type { PodDisruptionBudget } from '@typernetes/api/policy/v1';
import { ownersScale } from './expected-scale.ts';
import { expectation, failSafe, needsScale, planBudget } from './plan.ts';

const at = '2026-01-01T00:00:00Z';
const now = Date.parse(at) + 60_000;
const meta = (name: string) => ({ name, namespace: 'shop', uid: name, resourceVersion: '1', creationTimestamp: at });
const budget = (spec: PodDisruptionBudget['spec'], disruptedPods = {}): PodDisruptionBudget => ({
  metadata: { ...meta('keep'), generation: 4 },
  spec,
  status: { disruptedPods },
});
const pod = (name: string, ready = true, rest: Partial<Pod['metadata']> = {}): Pod => ({
  metadata: { ...meta(name), ...rest },
  spec: { containers: [] },
  status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
});

const expectations: [spec: PodDisruptionBudget['spec'], needs: boolean, expected: [number, number]][] = [
  [{ minAvailable: 2 }, false, [4, 2]],
  [{ minAvailable: '50%' }, true, [5, 3]],
  [{ maxUnavailable: 2 }, true, [5, 3]],
  [{ maxUnavailable: '30%' }, true, [5, 3]],
  [{ maxUnavailable: 9 }, true, [5, 0]],
];
for (const [spec, needs, [expectedPods, desiredHealthy]] of expectations)
  test(`expects with ${JSON.stringify(spec)}`, () => {
    assert.equal(needsScale(budget(spec)), needs);
    assert.deepEqual(expectation(budget(spec), { scale: 5, count: 4 }), { expectedPods, desiredHealthy });
  });

describe('status', () => {
  const plan = (pods: Pod[], disrupted = {}, later = 0) =>
    planBudget(budget({ minAvailable: 1 }, disrupted), pods, {
      expectedPods: pods.length,
      desiredHealthy: 1,
      now: now + later,
      timestamp: at,
    });
  const cases: [name: string, pods: Pod[], healthy: number, allowed: number, reason: string][] = [
    ['more than enough', [pod('a'), pod('b'), pod('c')], 3, 2, 'SufficientPods'],
    ['just enough', [pod('a'), pod('b', false)], 1, 0, 'InsufficientPods'],
    ['leaving ones do not count', [pod('a'), pod('b', true, { deletionTimestamp: at })], 1, 0, 'InsufficientPods'],
    ['none', [], 0, 0, 'InsufficientPods'],
  ];
  for (const [name, pods, healthy, allowed, reason] of cases)
    test(name, () => {
      const { status } = plan(pods);
      assert.deepEqual(
        [status.currentHealthy, status.disruptionsAllowed, status.conditions?.[0]?.reason],
        [healthy, allowed, reason],
      );
    });
  test('a pod under eviction counts as gone for two minutes', () => {
    const pods = [pod('a'), pod('b'), pod('c')];
    const going = plan(pods, { b: at, lost: at });
    assert.deepEqual([going.status.disruptionsAllowed, going.status.disruptedPods], [1, { b: at }]);
    assert.equal(going.recheckAfterMs, 60_001);
    const over = plan(pods, { b: at }, 61_000);
    assert.deepEqual([over.status.disruptionsAllowed, over.notDeleted.length], [2, 1]);
  });
  test('nothing is allowed if the numbers are unknown', () => {
    const status = failSafe(budget({ maxUnavailable: 1 }), { message: 'no', timestamp: at });
    assert.deepEqual([status.disruptionsAllowed, status.conditions?.[0]?.reason], [0, 'SyncFailed']);
  });
});

test('owners count once: Deployments through their ReplicaSets, others by their scale', async () => {
  const owner = (apiVersion: string, kind: string, name: string) => ({
    ownerReferences: [{ apiVersion, kind, name, uid: name, controller: true }],
  });
  const none = { get: () => undefined };
  const deployment = { metadata: meta('web'), spec: { replicas: 3 } } as never;
  const set = {
    metadata: { ...meta('web-1'), ...owner('apps/v1', 'Deployment', 'web') },
    spec: { replicas: 1 },
  } as never;
  const sources = {
    replicaSets: { get: () => set },
    deployments: { get: () => deployment },
    statefulSets: none,
    replicationControllers: none,
    scales: { get: async () => ({ metadata: { name: 'x', uid: 'x' }, spec: { replicas: 4 } }) as never },
  };
  const pods = [
    pod('a', true, owner('apps/v1', 'ReplicaSet', 'web-1')),
    pod('b', true, owner('apps/v1', 'ReplicaSet', 'web-1')),
    pod('c', true, owner('acme.io/v1', 'Thing', 'x')),
    pod('d'),
  ];
  assert.deepEqual(await ownersScale(pods, sources), { scale: 7, unmanaged: ['d'] });
  const lost = [pod('e', true, owner('apps/v1', 'StatefulSet', 'db'))];
  await assert.rejects(ownersScale(lost, sources), { message: 'found no controllers for pod "e"' });
});
