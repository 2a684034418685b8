import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '@typernetes/api/core/v1';
import { podOf } from '../testing/pod-machine.ts';
import { type PresentPod, resizeInTurn } from './resize-turns.ts';

const allocatable = { cpu: '10', memory: '10Gi', pods: '110' };

interface Wish {
  readonly has: string;
  readonly asks?: string;
  readonly priority?: number;
  /** Seconds since it has been told to wait. */
  readonly waited?: number;
  readonly guaranteed?: boolean;
}

function present(name: string, { has, asks = has, priority = 0, waited, guaranteed = false }: Wish): PresentPod {
  const asked = {
    requests: { cpu: asks, memory: '1Gi' },
    ...(guaranteed ? { limits: { cpu: asks, memory: '1Gi' } } : {}),
  };
  const given = {
    requests: { cpu: has, memory: '1Gi' },
    ...(guaranteed ? { limits: { cpu: has, memory: '1Gi' } } : {}),
  };
  const pod: Pod = podOf(name, { priority, containers: [{ name: 'web', image: 'app:1', resources: asked }] });
  const lastTransitionTime = new Date(1_000_000_000 - (waited ?? 0) * 1000).toISOString();
  const conditions = [{ type: 'PodResizePending', status: 'True', reason: 'Deferred', lastTransitionTime }];
  const containerStatuses = [
    {
      name: 'web',
      ready: true,
      restartCount: 0,
      image: '',
      imageID: '',
      allocatedResources: given.requests,
      resources: given,
    },
  ];
  return { pod, status: { containerStatuses, ...(waited === undefined ? {} : { conditions }) } };
}

/** The pods whose resize is granted, in the order of their names. */
function granted(wishes: Readonly<Record<string, Wish>>): string[] {
  const all = Object.entries(wishes).map(([name, wish]) => present(name, wish));
  return all
    .filter(
      (one) =>
        one.pod.spec?.containers[0]?.resources?.requests?.cpu !==
        one.status?.containerStatuses?.[0]?.allocatedResources?.cpu,
    )
    .filter((one) => !resizeInTurn(one, { allocatable, others: all.filter((other) => other !== one) }))
    .map(({ pod }) => pod.metadata.name);
}

test('when there is room for one of two, the pod of higher priority gets it, no matter which has waited longer', () => {
  assert.deepEqual(
    granted({ a: { has: '2', asks: '6', waited: 90 }, b: { has: '2', asks: '6', priority: 5, waited: 1 } }),
    ['b'],
  );
});

test('among pods of equal priority the guaranteed one goes first, then the one that has waited longest', () => {
  assert.deepEqual(granted({ a: { has: '2', asks: '6', waited: 90 }, b: { has: '2', asks: '6', guaranteed: true } }), [
    'b',
  ]);
  assert.deepEqual(granted({ a: { has: '2', asks: '6', waited: 3 }, b: { has: '2', asks: '6', waited: 90 } }), ['b']);
  assert.deepEqual(granted({ a: { has: '2', asks: '6', waited: 3 }, b: { has: '2', asks: '6' } }), ['a']);
});

test('requests that were not granted keep nobody waiting', () => {
  assert.deepEqual(granted({ a: { has: '5', asks: '9500m', priority: 9, waited: 9 }, b: { has: '1', asks: '3' } }), [
    'b',
  ]);
});

test('a pod that asks for less goes first, and its freed resources count at once', () => {
  assert.deepEqual(granted({ a: { has: '8', asks: '3' }, b: { has: '2', asks: '7', priority: 9 } }), ['a', 'b']);
});

test('a request that the node could never satisfy is reported as such', () => {
  const { reason } = resizeInTurn(present('a', { has: '2', asks: '11' }), { allocatable, others: [] }) ?? {};
  assert.equal(reason, 'Infeasible');
});
