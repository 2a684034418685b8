import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '@typernetes/api/core/v1';
import type { PodDisruptionBudget } from '@typernetes/api/policy/v1';
import { planPlacement } from '../cycle/plan.ts';
import type { ClusterSnapshot } from '../snapshot/cluster-snapshot.ts';
import { clusterOf, defaultProfile } from '../testing/cluster.ts';
import { makeNode, makePod } from '../testing/objects.ts';
import { bestCandidate, planPreemption } from './plan.ts';

const profile = defaultProfile();

function preempt(
  cluster: ClusterSnapshot,
  pod: Pod,
  budgets: readonly PodDisruptionBudget[] = [],
  { nominated, leaving = [] }: { nominated?: string; leaving?: readonly string[] } = {},
) {
  const placement = planPlacement(pod, cluster, { profile, pick: () => 0 });
  assert.ok(!placement.node, 'the pod must not fit');
  const { cycle, diagnosis } = placement;
  const plan = planPreemption(
    {
      pod,
      cluster,
      refusals: diagnosis.refusals,
      nominatedNode: nominated ?? pod.status?.nominatedNodeName,
      prepared: () => undefined,
      asked: () => true,
      tryOut: (node) => cycle.tryOut(node),
      trialsOn: (node) => cycle.trialsOn(node),
    },
    {
      budgets,
      minCandidateNodesAbsolute: 100,
      minCandidateNodesPercentage: 10,
      offset: () => 0,
      isLeaving: (uid) => leaving.includes(uid),
    },
  );
  if (!plan.candidates) return plan.message;
  const { node, victims } = bestCandidate(plan.candidates);
  return { node, victims: victims.pods.map(({ metadata }) => metadata.name), violations: victims.violations };
}

const cpu = (name: string, amount: string, priority = 0, more: Parameters<typeof makePod>[0] = {}): Pod =>
  makePod({ name, priority, requests: { cpu: amount }, ...more });
const started = (pod: Pod, startTime: string): Pod => ({ ...pod, status: { startTime } });
const two = [makeNode('n1'), makeNode('n2')];

test('evicts as few pods as possible, the least important ones first', () => {
  const cluster = clusterOf([makeNode('n1')], { n1: [cpu('low', '2', 1), cpu('mid', '1', 2), cpu('high', '1', 200)] });
  assert.deepEqual(preempt(cluster, cpu('new', '2', 100)), { node: 'n1', victims: ['low'], violations: 0 });
  assert.deepEqual(preempt(cluster, cpu('new', '3', 100)), { node: 'n1', victims: ['mid', 'low'], violations: 0 });
});

test('pods of the same or a higher priority stay', () => {
  const cluster = clusterOf(two, { n1: [cpu('a', '4', 100)], n2: [cpu('b', '4', 101)] });
  assert.equal(
    preempt(cluster, cpu('new', '1', 100)),
    '0/2 nodes are available: 2 No preemption victims found for incoming pod.',
  );
});

test('ignores nodes where eviction does not help', () => {
  const nodes = [
    makeNode('n1'),
    makeNode('n2', { spec: { unschedulable: true } }),
    makeNode('n3', { allocatable: { cpu: '1' } }),
  ];
  const cluster = clusterOf(nodes, { n1: [cpu('a', '4', 100)], n2: [cpu('b', '4')], n3: [cpu('c', '1')] });
  assert.equal(
    preempt(cluster, cpu('new', '2', 100)),
    '0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.',
  );
});

test('a pod that never preempts says so; one whose victims are terminating waits for them', () => {
  const cluster = clusterOf(two, { n1: [cpu('a', '4')], n2: [cpu('b', '4')] });
  assert.equal(
    preempt(cluster, cpu('new', '1', 100, { preemptionPolicy: 'Never' })),
    'not eligible due to preemptionPolicy=Never.',
  );
  const leaving = cpu('a', '4');
  const conditions = [{ type: 'DisruptionTarget', status: 'True' as const, reason: 'PreemptionByScheduler' }];
  const metadata = { ...leaving.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
  cluster.putPod({ metadata, spec: { ...leaving.spec, nodeName: 'n1' }, status: { conditions } });
  const waiting: Pod = { ...cpu('new', '1', 100), status: { nominatedNodeName: 'n1' } };
  assert.equal(preempt(cluster, waiting), 'not eligible due to a terminating pod on the nominated node.');
});

const choices: readonly { name: string; n1: Pod[]; n2: Pod[]; expected: string }[] = [
  {
    name: 'the lower highest priority',
    n1: [cpu('a', '4', 50)],
    n2: [cpu('b', '2', 40), cpu('c', '2', 40)],
    expected: 'n2',
  },
  {
    name: 'then the lower sum of priorities',
    n1: [cpu('a', '2', 50), cpu('b', '2', 40)],
    n2: [cpu('c', '2', 50), cpu('d', '2', 30)],
    expected: 'n2',
  },
  { name: 'then fewer victims', n1: [cpu('a', '2', -5), cpu('b', '2', -5)], n2: [cpu('c', '4', -5)], expected: 'n2' },
  {
    name: 'then the pods that started last',
    n1: [started(cpu('a', '4'), '2026-01-01T00:00:00Z')],
    n2: [started(cpu('b', '4'), '2026-01-02T00:00:00Z')],
    expected: 'n2',
  },
];

for (const { name, n1, n2, expected } of choices) {
  test(`among candidates: ${name}`, () => {
    const result = preempt(clusterOf(two, { n1, n2 }), cpu('new', '4', 100));
    assert.equal(typeof result === 'string' ? result : result.node, expected);
  });
}

test('prefers a node where no disruption budget is violated', () => {
  const labels = { app: 'kept' };
  const cluster = clusterOf(two, { n1: [cpu('kept', '4', 1, { labels })], n2: [cpu('dear', '4', 90)] });
  const budget: PodDisruptionBudget = {
    metadata: { name: 'b', namespace: 'default', uid: 'b', resourceVersion: '1' } as PodDisruptionBudget['metadata'],
    spec: { selector: { matchLabels: labels } },
    status: { disruptionsAllowed: 0 },
  };
  assert.deepEqual(preempt(cluster, cpu('new', '4', 100), [budget]), { node: 'n2', victims: ['dear'], violations: 0 });
  assert.deepEqual(preempt(cluster, cpu('new', '4', 50), [budget]), { node: 'n1', victims: ['kept'], violations: 1 });
});

test('spreading and anti-affinity are judged without the victims, and the trial leaves no trace', () => {
  const labels = { app: 'web' };
  const anti = {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: labels } },
      ],
    },
  };
  const cluster = clusterOf(two, {
    n1: [makePod({ name: 'a', labels })],
    n2: [makePod({ name: 'b', labels, priority: 200 })],
  });
  const pod = makePod({ labels, priority: 100, affinity: anti });
  for (let i = 0; i < 2; i++) assert.deepEqual(preempt(cluster, pod), { node: 'n1', victims: ['a'], violations: 0 });
});

test('makes room once, however late the API shows it', () => {
  // One of two victims is gone; the other's eviction, and the nominated node, are only known here.
  const victim = cpu('late', '3', 1);
  const cluster = clusterOf(two, { n1: [victim], n2: [cpu('small', '4')] });
  const pod = cpu('new', '4', 100);
  assert.deepEqual(preempt(cluster, pod), { node: 'n2', victims: ['small'], violations: 0 });
  assert.equal(
    preempt(cluster, pod, [], { nominated: 'n1', leaving: [victim.metadata.uid] }),
    'not eligible due to a terminating pod on the nominated node.',
  );
  // Then it goes to the nominated node, although the other one would do as well.
  const nominations = { on: () => [], nodeOf: (uid: string) => (uid === pod.metadata.uid ? 'n1' : undefined) };
  const placement = planPlacement(pod, clusterOf(two), { profile, nominations, startAt: 1, pick: () => 0 });
  assert.equal(placement.node?.name, 'n1');
});
