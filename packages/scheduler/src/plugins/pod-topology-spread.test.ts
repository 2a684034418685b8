import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, TopologySpreadConstraint } from '@typernetes/api/core/v1';
import { searchNodes } from '../cycle/plan.ts';
import { clusterOf, defaultProfile } from '../testing/cluster.ts';
import { makeNode, makePod } from '../testing/objects.ts';

const nodes = [
  makeNode('a1', { labels: { zone: 'a' } }),
  makeNode('a2', { labels: { zone: 'a' } }),
  makeNode('b1', { labels: { zone: 'b' } }),
  makeNode('lone'),
];
const app = { app: 'web' };
const web = (more: Parameters<typeof makePod>[0] = {}): Pod => makePod({ labels: app, ...more });
const spread = (rest: Partial<TopologySpreadConstraint> = {}): TopologySpreadConstraint => ({
  maxSkew: 1,
  topologyKey: 'zone',
  whenUnsatisfiable: 'DoNotSchedule',
  labelSelector: { matchLabels: app },
  ...rest,
});
const host = 'kubernetes.io/hostname';

interface Case {
  readonly name: string;
  readonly pods: Record<string, Pod[]>;
  readonly constraints: TopologySpreadConstraint[];
  readonly spec?: Parameters<typeof makePod>[0];
  readonly fits: string[];
}

const cases: readonly Case[] = [
  {
    name: 'the fuller zone is closed, a node without the key too',
    pods: { a1: [web()] },
    constraints: [spread()],
    fits: ['b1'],
  },
  {
    name: 'maxSkew leaves room',
    pods: { a1: [web()] },
    constraints: [spread({ maxSkew: 2 })],
    fits: ['a1', 'a2', 'b1'],
  },
  {
    name: 'pods that are leaving, and those of other namespaces, do not count',
    pods: { a1: [leaving(web()), web({ namespace: 'other' })] },
    constraints: [spread()],
    fits: ['a1', 'a2', 'b1'],
  },
  {
    name: 'fewer domains than demanded count as an empty one',
    pods: { a1: [web()], b1: [web()] },
    constraints: [spread({ minDomains: 3 })],
    fits: [],
  },
  {
    name: 'a node selector narrows the domains that are compared',
    pods: { a1: [web()], a2: [web()] },
    constraints: [spread({ topologyKey: host })],
    spec: { nodeSelector: { zone: 'a' } },
    fits: ['a1', 'a2'],
  },
  {
    name: 'unless the policy ignores it',
    pods: { a1: [web()], a2: [web()] },
    constraints: [spread({ topologyKey: host, nodeAffinityPolicy: 'Ignore' })],
    spec: { nodeSelector: { zone: 'a' } },
    fits: [],
  },
  {
    name: 'several constraints hold together',
    pods: { a1: [web()], b1: [web()] },
    constraints: [spread(), spread({ topologyKey: host })],
    fits: ['a2'],
  },
  {
    name: 'matchLabelKeys count the own revision only',
    pods: { a1: [makePod({ labels: { ...app, rev: '1' } })] },
    constraints: [spread({ matchLabelKeys: ['rev'] })],
    spec: { labels: { ...app, rev: '2' } },
    fits: ['a1', 'a2', 'b1'],
  },
];

const profile = defaultProfile();
for (const { name, pods, constraints, spec, fits } of cases) {
  test(name, () => {
    const pod = web({ topologySpreadConstraints: constraints, ...spec });
    const search = searchNodes(pod, clusterOf(nodes, pods), { profile, pick: () => 0 });
    assert.deepEqual((search.feasible ?? []).map((node) => node.name).sort(), fits);
  });
}

test('tainted nodes count as domains unless the policy honours taints', () => {
  const tainted = makeNode('c1', { labels: { zone: 'c' }, taints: [{ key: 'x', effect: 'NoSchedule' }] });
  const cluster = clusterOf([...nodes, tainted], { a1: [web()], b1: [web()] });
  const feasible = (policy: 'Honor' | 'Ignore') =>
    searchNodes(web({ topologySpreadConstraints: [spread({ nodeTaintsPolicy: policy })] }), cluster, {
      profile,
      pick: () => 0,
    }).feasible?.map((node) => node.name);
  assert.equal(feasible('Ignore'), undefined);
  assert.deepEqual(feasible('Honor')?.sort(), ['a1', 'a2', 'b1']);
});

test('distinguishes a missing label from a full domain', () => {
  const pod = web({ topologySpreadConstraints: [spread()], nodeSelector: { [host]: 'lone' } });
  const search = searchNodes(pod, clusterOf(nodes), { profile, pick: () => 0 });
  assert.deepEqual(search.diagnosis.refusals.get('lone')?.reasons, [
    "node(s) didn't match pod topology spread constraints (missing required label)",
  ]);
});

test('counts follow pods and labels of nodes', () => {
  const pod = web({ topologySpreadConstraints: [spread()] });
  const cluster = clusterOf(nodes, { a1: [web({ name: 'first' })] });
  const feasible = () =>
    searchNodes(pod, cluster, { profile, pick: () => 0 })
      .feasible?.map((node) => node.name)
      .sort();
  assert.deepEqual(feasible(), ['b1']);
  cluster.putNode(makeNode('a1', { labels: { zone: 'b' } }));
  assert.deepEqual(feasible(), ['a2']);
  cluster.removePod('uid-first');
  assert.deepEqual(feasible(), ['a1', 'a2', 'b1']);
  cluster.assume(web({ name: 'second' }), 'a2');
  assert.deepEqual(feasible(), ['a1', 'b1']);
});

function leaving(pod: Pod): Pod {
  return { ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
}
