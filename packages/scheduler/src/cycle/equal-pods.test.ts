import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, Pod, PodSpec } from '@typernetes/api/core/v1';
import fc from 'fast-check';
import { profileOf } from '../framework/profile.ts';
import { pluginEntries } from '../plugins/default-plugins.ts';
import { ClusterSnapshot } from '../snapshot/cluster-snapshot.ts';
import { clusterOf, defaultProfile, fakeHandle } from '../testing/cluster.ts';
import { makeNode, makePod } from '../testing/objects.ts';
import { EqualPods } from './equal-pods.ts';
import { searchNodes, totalScores } from './plan.ts';

const profile = defaultProfile();
const pick = (): number => 0;
const disk = (value: string) => ({ key: 'disk', operator: 'In' as const, values: [value] });
const blue = { labelSelector: { matchLabels: { colour: 'blue' } }, topologyKey: 'kubernetes.io/hostname' };

/** Kinds of pods, each with something else that plugins look at. */
const kinds: readonly Partial<PodSpec & { requests: Record<string, string>; labels: Record<string, string> }>[] = [
  {},
  { requests: { cpu: '1' } },
  { requests: { cpu: '1', 'example.com/gpu': '1' } },
  { requests: { memory: '3Gi' }, tolerations: [{ key: 'dedicated', operator: 'Exists' }] },
  { nodeSelector: { disk: 'ssd' } },
  {
    affinity: {
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 5, preference: { matchExpressions: [disk('ssd')] } },
        ],
      },
    },
  },
  { containers: [{ name: 'c', image: 'nginx', ports: [{ containerPort: 80, hostPort: 80 }] }] },
  {
    labels: { colour: 'blue' },
    topologySpreadConstraints: [{ maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule', ...blue }],
  },
  {
    labels: { colour: 'blue' },
    affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [blue] } },
  },
];

const node = fc.record({
  name: fc.integer({ min: 0, max: 7 }).map((i) => `n${i}`),
  cpu: fc.constantFrom('1', '2', '8'),
  gpus: fc.constantFrom('0', '2'),
  disk: fc.constantFrom('ssd', 'hdd'),
  taint: fc.constantFrom(undefined, 'NoSchedule' as const, 'PreferNoSchedule' as const),
  unschedulable: fc.boolean(),
});
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ place: fc.nat(kinds.length - 1) }) },
  { weight: 2, arbitrary: fc.record({ put: node }) },
  { weight: 1, arbitrary: fc.record({ removeNode: fc.integer({ min: 0, max: 7 }).map((i) => `n${i}`) }) },
  { weight: 1, arbitrary: fc.record({ removePod: fc.nat(20) }) },
);

type Wanted = typeof node extends fc.Arbitrary<infer T> ? T : never;

const nodeOf = ({ name, cpu, gpus, disk: kind, taint, unschedulable }: Wanted): Node =>
  makeNode(name, {
    allocatable: { cpu, 'example.com/gpu': gpus },
    labels: { disk: kind },
    ...(taint ? { taints: [{ key: 'dedicated', value: 'x', effect: taint }] } : {}),
    spec: { unschedulable },
  });

/** All that a decision is made of. */
function decisionOn(pod: Pod, cluster: ClusterSnapshot, equalPods?: EqualPods) {
  const { feasible, cycle, diagnosis, refusedBy } = searchNodes(pod, cluster, { profile, pick, equalPods });
  return {
    feasible: feasible?.map(({ name }) => name),
    totals: feasible && totalScores(cycle, feasible, profile),
    refusals: [...diagnosis.refusals],
    refusedBy,
  };
}

test('caching answers for equal pods never changes decisions, whatever has happened to the nodes', () => {
  fc.assert(
    fc.property(fc.array(node, { minLength: 1, maxLength: 8 }), fc.array(step, { maxLength: 40 }), (nodes, steps) => {
      const cluster = new ClusterSnapshot();
      cluster.putNamespace('default', {});
      for (const one of nodes) cluster.putNode(nodeOf(one));
      const equalPods = new EqualPods(profile);
      const placed: string[] = [];
      for (const one of steps) {
        if ('put' in one) cluster.putNode(nodeOf(one.put));
        else if ('removeNode' in one) cluster.removeNode(one.removeNode);
        else if ('removePod' in one) {
          const [uid] = placed.splice(one.removePod, 1);
          if (uid) cluster.removePod(uid);
        } else {
          const pod = makePod(kinds[one.place]);
          const decision = decisionOn(pod, cluster, equalPods);
          assert.deepEqual(decision, decisionOn(pod, cluster));
          const [first] = decision.feasible ?? [];
          if (first) {
            cluster.assume(pod, first);
            placed.push(pod.metadata.uid);
          }
        }
      }
    }),
  );
});

test('a node is asked again only when it has changed', () => {
  const asked: string[] = [];
  const counting = pluginEntries.map(({ weight, make }) => {
    const plugin = make({}, fakeHandle());
    const { filter } = plugin;
    if (plugin.name !== 'NodeResourcesFit' || !filter) return { plugin, weight };
    const counted: typeof filter = (pod, on, prepared) => {
      asked.push(on.name);
      return filter.call(plugin, pod, on, prepared);
    };
    return { plugin: { ...plugin, filter: counted }, weight };
  });
  const own = profileOf('default-scheduler', counting);
  const equalPods = new EqualPods(own);
  const cluster = clusterOf([makeNode('a'), makeNode('b'), makeNode('c')]);
  const search = (pod = makePod({ requests: { cpu: '1' } })): string[] => {
    asked.length = 0;
    searchNodes(pod, cluster, { profile: own, pick, equalPods });
    return [...asked];
  };
  assert.deepEqual(search(), ['a', 'b', 'c'], 'the first of its kind');
  assert.deepEqual(search(), ['a', 'b', 'c'], 'the second: what is found out is kept from here on');
  assert.deepEqual(search(), []);
  cluster.assume(makePod({ name: 'guest' }), 'b');
  assert.deepEqual(search(), ['b']);
  cluster.putNode(makeNode('c', { spec: { unschedulable: true } }));
  cluster.removeNode('a');
  cluster.putNode(makeNode('d'));
  assert.deepEqual(search().sort(), ['d'], 'c is refused before; d has the place of a');
  assert.deepEqual(search(makePod({ requests: { cpu: '2' } })).sort(), ['b', 'd'], 'a pod of another kind');
});
