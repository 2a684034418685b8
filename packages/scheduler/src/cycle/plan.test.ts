import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, Pod } from '@typernetes/api/core/v1';
import { profileOf } from '../framework/profile.ts';
import { clusterOf, defaultProfile } from '../testing/cluster.ts';
import { makeNode, makePod } from '../testing/objects.ts';
import { fitErrorMessage } from './fit-error.ts';
import { feasibleNodesToFind, planPlacement } from './plan.ts';

type Pods = Readonly<Record<string, readonly Pod[]>>;
const place = (pod: Pod, nodes: readonly Node[], pods: Pods = {}) =>
  planPlacement(pod, clusterOf(nodes, pods), { profile: defaultProfile(), pick: () => 0 });
const controlPlane = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' as const };

test('counts reasons over the nodes, and sorts them', () => {
  const nodes = [
    makeNode('a', { taints: [controlPlane] }),
    makeNode('b', { allocatable: { cpu: '1' } }),
    makeNode('c', { spec: { unschedulable: true } }),
    makeNode('d', { allocatable: { cpu: '1', memory: '1Mi' } }),
  ];
  const placement = place(makePod({ requests: { cpu: '2', memory: '1Gi' } }), nodes);
  assert.ok(!placement.node);
  assert.equal(
    fitErrorMessage(placement.diagnosis),
    '0/4 nodes are available: 1 Insufficient memory, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable, 2 Insufficient cpu.',
  );
  assert.deepEqual(placement.refusedBy, new Set(['TaintToleration', 'NodeResourcesFit', 'NodeUnschedulable']));
});

interface Case {
  readonly name: string;
  readonly pod: Pod;
  readonly nodes: Node[];
  readonly pods?: Pods;
  readonly expected: string | undefined;
}

const restartsAll = makePod({
  containers: [
    {
      name: 'main',
      image: 'nginx',
      restartPolicy: 'Never',
      restartPolicyRules: [{ action: 'RestartAllContainers', exitCodes: { operator: 'In', values: [1] } }],
    },
  ],
});

test('skips nodes that have not declared the features that a pod needs of their kubelet', () => {
  const placement = place(restartsAll, [makeNode('old')]);
  assert.ok(!placement.node);
  assert.equal(
    fitErrorMessage(placement.diagnosis),
    '0/1 nodes are available: 1 node declared features check failed - unsatisfied requirements: RestartAllContainersOnContainerExits.',
  );
  assert.deepEqual(placement.refusedBy, new Set(['NodeDeclaredFeatures']));
});

const declaring = (node: Node): Node => ({
  ...node,
  status: { ...node.status, declaredFeatures: ['RestartAllContainersOnContainerExits'] },
});

const cases: Case[] = [
  {
    name: 'a node whose kubelet knows what the pod needs',
    pod: restartsAll,
    nodes: [makeNode('old'), declaring(makeNode('new'))],
    expected: 'new',
  },
  {
    name: 'a toleration opens a tainted node',
    pod: makePod({
      tolerations: [{ key: controlPlane.key, operator: 'Exists', effect: 'NoSchedule' }],
      nodeSelector: { role: 'cp' },
    }),
    nodes: [makeNode('worker'), makeNode('cp', { labels: { role: 'cp' }, taints: [controlPlane] })],
    expected: 'cp',
  },
  {
    name: 'the emptier node is preferred',
    pod: makePod({ requests: { cpu: '500m', memory: '256Mi' } }),
    nodes: [makeNode('busy'), makeNode('idle')],
    pods: { busy: [makePod({ requests: { cpu: '2', memory: '4Gi' } })] },
    expected: 'idle',
  },
  {
    name: 'pods without requests spread too',
    pod: makePod(),
    nodes: [makeNode('one'), makeNode('other')],
    pods: { one: [makePod(), makePod()], other: [makePod()] },
    expected: 'other',
  },
  {
    name: 'a taken host port rules a node out',
    pod: hostPortPod(8001),
    nodes: [makeNode('taken'), makeNode('free')],
    pods: { taken: [hostPortPod(8001)], free: [hostPortPod(8002)] },
    expected: 'free',
  },
  {
    name: 'a full node takes no more pods',
    pod: makePod(),
    nodes: [makeNode('full', { allocatable: { pods: '1' } })],
    pods: { full: [makePod()] },
    expected: undefined,
  },
  {
    name: 'PreferNoSchedule is avoided, not forbidden',
    pod: makePod(),
    nodes: [makeNode('soft', { taints: [{ key: 'x', effect: 'PreferNoSchedule' }] }), makeNode('hard')],
    pods: { hard: [makePod(), makePod()] },
    expected: 'hard',
  },
  {
    name: 'preferred affinity outweighs a little load',
    pod: makePod({
      affinity: {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 10, preference: { matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] } },
          ],
        },
      },
    }),
    nodes: [makeNode('plain'), makeNode('ssd', { labels: { disk: 'ssd' } })],
    pods: { ssd: [makePod()] },
    expected: 'ssd',
  },
];

for (const { name, pod, nodes, pods, expected } of cases) {
  test(name, () => assert.equal(place(pod, nodes, pods).node?.name, expected));
}

test('an affinity that names its node looks at no other', () => {
  const nodes = Array.from({ length: 500 }, (_, i) => makeNode(`node-${i}`));
  const { node, ...counts } = place(namingPod('node-423'), nodes) as { node: { name: string }; evaluated: number };
  assert.deepEqual([node.name, counts.evaluated], ['node-423', 1]);
});

test('reports the nodes that an affinity leaves out separately', () => {
  const placement = place(namingPod('a'), [
    makeNode('a', { spec: { unschedulable: true } }),
    makeNode('b'),
    makeNode('c'),
  ]);
  assert.ok(!placement.node);
  assert.equal(
    fitErrorMessage(placement.diagnosis, 'preemption: not helpful'),
    "0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. preemption: not helpful",
  );
});

test('when plugins leave no candidates, all nodes are refused at once, by all those plugins', () => {
  const only = (name: string, ...nodes: string[]) => ({
    plugin: { name, wakesOn: [], prepare: () => ({ only: new Set(nodes) }) },
    weight: 1,
  });
  const search = (...plugins: ReturnType<typeof only>[]) =>
    planPlacement(makePod(), clusterOf([makeNode('a'), makeNode('b')]), {
      profile: profileOf('narrow', plugins),
      pick: () => 0,
    });
  const both = search(only('A', 'a'), only('B', 'b'), only('C', 'a'));
  assert.ok(!both.node);
  assert.equal(
    fitErrorMessage(both.diagnosis, 'not found'),
    "0/2 nodes are available: node(s) didn't satisfy plugin(s) [A B] simultaneously. not found",
  );
  assert.deepEqual(both.refusedBy, new Set(['A', 'B']));
  assert.deepEqual([both.cycle.asked('B'), both.cycle.asked('C')], [true, false]);
  const one = search(only('A'), only('B', 'b'));
  assert.ok(!one.node);
  assert.equal(fitErrorMessage(one.diagnosis), "0/2 nodes are available: node(s) didn't satisfy plugin A.");
});

test('samples large clusters as upstream does', () => {
  assert.deepEqual(
    [50, 100, 1000, 5000, 6000].map((n) => feasibleNodesToFind(n, 0)),
    [50, 100, 420, 500, 300],
  );
});

function namingPod(node: string): Pod {
  const term = { matchFields: [{ key: 'metadata.name', operator: 'In' as const, values: [node] }] };
  return makePod({
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } } },
  });
}

function hostPortPod(hostPort: number): Pod {
  return makePod({ containers: [{ name: 'main', image: 'nginx', ports: [{ containerPort: 80, hostPort }] }] });
}
