import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, PodAffinityTerm } from '@typernetes/api/core/v1';
import { planPlacement } from '../cycle/plan.ts';
import type { ClusterSnapshot } from '../snapshot/cluster-snapshot.ts';
import { clusterOf, defaultProfile } from '../testing/cluster.ts';
import { makeNode, makePod } from '../testing/objects.ts';

const zones = { a1: 'a', a2: 'a', b1: 'b' } as const;
const nodes = Object.entries(zones).map(([name, zone]) => makeNode(name, { labels: { zone } }));
const term = (app: string, rest: Partial<PodAffinityTerm> = {}): PodAffinityTerm => ({
  topologyKey: 'zone',
  labelSelector: { matchLabels: { app } },
  ...rest,
});
const near = (...required: PodAffinityTerm[]) => ({
  affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } },
});
const away = (...required: PodAffinityTerm[]) => ({
  affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } },
});
const app = (name: string, more: Parameters<typeof makePod>[0] = {}): Pod =>
  makePod({ labels: { app: name }, ...more });

/** The reason on each node that was refused, and the nodes that would do. */
function verdicts(cluster: ClusterSnapshot, pod: Pod): Record<string, string> {
  const profile = defaultProfile();
  const result: Record<string, string> = {};
  for (const { name } of cluster.nodes) {
    const only = { ...pod, spec: { ...pod.spec, nodeName: name } };
    const placement = planPlacement(only, cluster, { profile, pick: () => 0 });
    result[name] = placement.node ? 'fits' : (placement.diagnosis.refusals.get(name)?.reasons.join() ?? '?');
  }
  return result;
}

const affinityRules = "node(s) didn't match pod affinity rules";
const antiRules = "node(s) didn't match pod anti-affinity rules";
const existingRules = "node(s) didn't satisfy existing pods anti-affinity rules";

const cases: readonly { name: string; pods: Record<string, Pod[]>; pod: Pod; expected: Record<string, string> }[] = [
  {
    name: 'required affinity wants the zone of a matching pod',
    pods: { a1: [app('db')] },
    pod: app('web', near(term('db'))),
    expected: { a1: 'fits', a2: 'fits', b1: affinityRules },
  },
  {
    name: 'all terms must be met by the same pod',
    pods: { a1: [app('db')], b1: [makePod({ labels: { app: 'db', tier: 'x' } })] },
    pod: app('web', near(term('db'), term('db', { labelSelector: { matchLabels: { tier: 'x' } } }))),
    expected: { a1: affinityRules, a2: affinityRules, b1: 'fits' },
  },
  {
    name: 'the first of a group that wants its own kind goes anywhere with the key',
    pods: {},
    pod: app('web', near(term('web'))),
    expected: { a1: 'fits', a2: 'fits', b1: 'fits' },
  },
  {
    name: 'one that is not of the kind it wants goes nowhere',
    pods: {},
    pod: app('web', near(term('db'))),
    expected: { a1: affinityRules, a2: affinityRules, b1: affinityRules },
  },
  {
    name: 'required anti-affinity keeps out of the zone',
    pods: { a1: [app('web')] },
    pod: app('web', away(term('web'))),
    expected: { a1: antiRules, a2: antiRules, b1: 'fits' },
  },
  {
    name: 'anti-affinity of pods that are there holds too',
    pods: { a1: [app('db', away(term('web')))] },
    pod: app('web'),
    expected: { a1: existingRules, a2: existingRules, b1: 'fits' },
  },
  {
    name: 'pods of other namespaces do not count unless named',
    pods: { a1: [app('web', { namespace: 'other' })] },
    pod: app('web', away(term('web'))),
    expected: { a1: 'fits', a2: 'fits', b1: 'fits' },
  },
  {
    name: 'a namespace selector takes in namespaces by their labels',
    pods: { a1: [app('web', { namespace: 'other' })] },
    pod: app('x', away(term('web', { namespaceSelector: { matchLabels: { team: 'one' } } }))),
    expected: { a1: antiRules, a2: antiRules, b1: 'fits' },
  },
  {
    name: 'an empty namespace selector of a pod that is there means all namespaces',
    pods: { b1: [app('db', { namespace: 'other', ...away(term('web', { namespaceSelector: {} })) })] },
    pod: app('web'),
    expected: { a1: 'fits', a2: 'fits', b1: existingRules },
  },
  {
    name: 'matchLabelKeys narrow to the own value, mismatchLabelKeys to others',
    pods: {
      a1: [makePod({ labels: { app: 'web', version: '1' } })],
      b1: [makePod({ labels: { app: 'web', version: '2' } })],
    },
    pod: makePod({ labels: { app: 'web', version: '2' }, ...away(term('web', { matchLabelKeys: ['version'] })) }),
    expected: { a1: 'fits', a2: 'fits', b1: antiRules },
  },
  {
    name: 'a term without a selector matches nothing',
    pods: { a1: [app('web')] },
    pod: app('web', away({ topologyKey: 'zone' })),
    expected: { a1: 'fits', a2: 'fits', b1: 'fits' },
  },
];

for (const { name, pods, pod, expected } of cases) {
  test(name, () => {
    const cluster = clusterOf(nodes, pods);
    cluster.putNamespace('other', { team: 'one' });
    assert.deepEqual(verdicts(cluster, pod), expected);
  });
}

const soft = (weight: number, podAffinityTerm: PodAffinityTerm) => ({ weight, podAffinityTerm });

test('preferred terms of both sides decide among feasible nodes', () => {
  const cluster = clusterOf(nodes, {
    a1: [app('db')],
    b1: [
      app('shy', {
        affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [soft(100, term('web'))] } },
      }),
    ],
  });
  const pod = app('web', {
    affinity: { podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [soft(1, term('db'))] } },
  });
  const place = (one: Pod) => planPlacement(one, cluster, { profile: defaultProfile(), pick: () => 0 }).node?.name;
  assert.equal(place(pod), 'a2');
  const repelled = app('x', {
    affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [soft(100, term('db'))] } },
  });
  assert.equal(place(repelled), 'b1');
});

test('the required affinity of an existing pod attracts by its weight', () => {
  const cluster = clusterOf(nodes, { b1: [app('db', near(term('web')))] });
  assert.equal(planPlacement(app('web'), cluster, { profile: defaultProfile(), pick: () => 0 }).node?.name, 'b1');
});
