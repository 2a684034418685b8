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

/** Who gets what he asks for, in the order of their names. */
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

test('of two for whom there is room for one, the one of higher priority gets it, whoever has waited longer', () => {
  assert.deepEqual(
    granted({ a: { has: '2', asks: '6', waited: 90 }, b: { has: '2', asks: '6', priority: 5, waited: 1 } }),
    ['b'],
  );
});

test('of equal priority it is the guaranteed one, and of those the one that has waited longest', () => {
  assert.deepEqual(granted({ a: { has: '2', asks: '6', waited: 90 }, b: { has: '2', asks: '6', guaranteed: true } }), [
    'b',
  ]);
  assert.deepEqual(granted({ a: { has: '2', asks: '6', waited: 3 }, b: { has: '2', asks: '6', waited: 90 } }), ['b']);
  assert.deepEqual(granted({ a: { has: '2', asks: '6', waited: 3 }, b: { has: '2', asks: '6' } }), ['a']);
});

test('what others only ask for keeps nobody waiting', () => {
  assert.deepEqual(granted({ a: { has: '5', asks: '9500m', priority: 9, waited: 9 }, b: { has: '1', asks: '3' } }), [
    'b',
  ]);
});

test('who asks for less comes first, and makes room in the same breath', () => {
  assert.deepEqual(granted({ a: { has: '8', asks: '3' }, b: { has: '2', asks: '7', priority: 9 } }), ['a', 'b']);
});

test('a wish that the node could never fulfil is told so', () => {
  const { reason } = resizeInTurn(present('a', { has: '2', asks: '11' }), { allocatable, others: [] }) ?? {};
  assert.equal(reason, 'Infeasible');
});
