import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, Pod } from '@typernetes/api/core/v1';
import { defaultPlugins } from '../plugins/default-plugins.ts';
import { NodeInfo } from '../snapshot/node-info.ts';
import { makeNode, makePod } from '../testing/objects.ts';
import { feasibleNodesToFind, planPlacement } from './plan.ts';

const place = (pod: Pod, nodes: readonly NodeInfo[]) =>
  planPlacement(pod, nodes, { plugins: defaultPlugins, pick: () => 0 });
const controlPlane = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' as const };

test('reasons are counted over the nodes and sorted', () => {
  const nodes = [
    new NodeInfo(makeNode('a', { taints: [controlPlane] })),
    new NodeInfo(makeNode('b', { allocatable: { cpu: '1' } })),
    new NodeInfo(makeNode('c', { spec: { unschedulable: true } })),
    new NodeInfo(makeNode('d', { allocatable: { cpu: '1', memory: '1Mi' } })),
  ];
  const placement = place(makePod({ requests: { cpu: '2', memory: '1Gi' } }), nodes);
  assert.deepEqual(placement, {
    message:
      '0/4 nodes are available: 1 Insufficient memory, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable, 2 Insufficient cpu.',
    refusedBy: new Set(['TaintToleration', 'NodeResourcesFit', 'NodeUnschedulable']),
  });
});

test('a cluster without nodes says so', () => {
  assert.equal(
    'message' in place(makePod(), []) && (place(makePod(), []) as { message: string }).message,
    'no nodes available to schedule pods',
  );
});

const cases: { name: string; pod: Pod; nodes: NodeInfo[]; expected: string | undefined }[] = [
  {
    name: 'a toleration opens a tainted node',
    pod: makePod({
      tolerations: [{ key: controlPlane.key, operator: 'Exists', effect: 'NoSchedule' }],
      nodeSelector: { role: 'cp' },
    }),
    nodes: [
      new NodeInfo(makeNode('worker')),
      new NodeInfo(makeNode('cp', { labels: { role: 'cp' }, taints: [controlPlane] })),
    ],
    expected: 'cp',
  },
  {
    name: 'the emptier node is preferred',
    pod: makePod({ requests: { cpu: '500m', memory: '256Mi' } }),
    nodes: [nodeWith('busy', makePod({ requests: { cpu: '2', memory: '4Gi' } })), new NodeInfo(makeNode('idle'))],
    expected: 'idle',
  },
  {
    name: 'pods without requests spread too',
    pod: makePod(),
    nodes: [nodeWith('one', makePod(), makePod()), nodeWith('other', makePod())],
    expected: 'other',
  },
  {
    name: 'a taken host port rules a node out',
    pod: hostPortPod(8001),
    nodes: [nodeWith('taken', hostPortPod(8001)), nodeWith('free', hostPortPod(8002))],
    expected: 'free',
  },
  {
    name: 'a full node takes no more pods',
    pod: makePod(),
    nodes: [nodeWith(makeNode('full', { allocatable: { pods: '1' } }), makePod())],
    expected: undefined,
  },
  {
    name: 'PreferNoSchedule is avoided, not forbidden',
    pod: makePod(),
    nodes: [
      new NodeInfo(makeNode('soft', { taints: [{ key: 'x', effect: 'PreferNoSchedule' }] })),
      nodeWith('hard', makePod(), makePod()),
    ],
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
    nodes: [new NodeInfo(makeNode('plain')), nodeWith(makeNode('ssd', { labels: { disk: 'ssd' } }), makePod())],
    expected: 'ssd',
  },
];

for (const { name, pod, nodes, expected } of cases) {
  test(name, () => assert.equal(place(pod, nodes).node, expected));
}

test('an affinity that names its node looks at no other', () => {
  const nodes = Array.from({ length: 500 }, (_, i) => new NodeInfo(makeNode(`node-${i}`)));
  const pod = makePod({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-423'] }] }],
        },
      },
    },
  });
  assert.deepEqual(place(pod, nodes), { node: 'node-423', evaluated: 1, feasible: 1 });
});

test('large clusters are sampled as upstream samples them', () => {
  assert.deepEqual(
    [50, 100, 1000, 5000, 6000].map((n) => feasibleNodesToFind(n, 0)),
    [50, 100, 420, 500, 300],
  );
});

function nodeWith(node: Node | string, ...pods: Pod[]): NodeInfo {
  const info = new NodeInfo(typeof node === 'string' ? makeNode(node) : node);
  for (const pod of pods) info.put(pod);
  return info;
}

function hostPortPod(hostPort: number): Pod {
  return makePod({ containers: [{ name: 'main', image: 'nginx', ports: [{ containerPort: 80, hostPort }] }] });
}
