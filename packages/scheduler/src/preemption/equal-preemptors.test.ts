/** A crowd of equal pods makes room one after the other: caching the nodes' answers must not change decisions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, PodSpec } from '@typernetes/api/core/v1';
import type { PodDisruptionBudget } from '@typernetes/api/policy/v1';
import fc from 'fast-check';
import { EqualPods } from '../cycle/equal-pods.ts';
import { planPlacement } from '../cycle/plan.ts';
import { clusterOf, defaultProfile } from '../testing/cluster.ts';
import { makeNode, makePod } from '../testing/objects.ts';
import { planPreemption } from './plan.ts';

const profile = defaultProfile();
const nodes = ['n0', 'n1', 'n2'];
const blue = { labelSelector: { matchLabels: { colour: 'blue' } }, topologyKey: 'kubernetes.io/hostname' };

/** The preemptors; the last two depend on other pods. */
const preemptors: readonly Partial<PodSpec & { requests: Record<string, string> }>[] = [
  { requests: { cpu: '3' } },
  { requests: { cpu: '2', memory: '1Gi' } },
  { containers: [{ name: 'c', image: 'x', ports: [{ containerPort: 80, hostPort: 80 }] }] },
  { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [blue] } } },
  {
    requests: { cpu: '2' },
    topologySpreadConstraints: [{ maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule', ...blue }],
  },
];

const uids = Array.from({ length: 6 }, (_, i) => `pod-${i}`);
const victim = fc.record({
  uid: fc.constantFrom(...uids),
  node: fc.constantFrom(...nodes),
  cpu: fc.constantFrom('1', '2'),
  priority: fc.constantFrom(0, 1, 50),
  blue: fc.boolean(),
  startedAt: fc.constantFrom(undefined, '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'),
  hostPort: fc.boolean(),
});
const step = fc.oneof(
  { weight: 20, arbitrary: fc.record({ preempt: fc.nat(preemptors.length - 1), priority: fc.constantFrom(10, 100) }) },
  { weight: 3, arbitrary: fc.record({ put: victim }) },
  { weight: 1, arbitrary: fc.record({ remove: fc.constantFrom(...uids) }) },
  { weight: 1, arbitrary: fc.record({ allowed: fc.constantFrom(undefined, 0, 1) }) },
  { weight: 1, arbitrary: fc.record({ cordon: fc.constantFrom(...nodes), unschedulable: fc.boolean() }) },
);
type Victim = typeof victim extends fc.Arbitrary<infer T> ? T : never;

function victimOf({ uid, node, cpu, priority, startedAt, ...rest }: Victim): Pod {
  const ports = rest.hostPort ? [{ containerPort: 80, hostPort: 80 }] : [];
  const made = makePod({
    name: uid,
    priority,
    labels: rest.blue ? { colour: 'blue' } : {},
    containers: [{ name: 'c', image: 'x', ports, resources: { requests: { cpu } } }],
  });
  return {
    ...made,
    metadata: { ...made.metadata, uid },
    spec: { ...made.spec, nodeName: node },
    status: startedAt ? { startTime: startedAt } : {},
  };
}

/** Two of these fill a node. */
const usual = { cpu: '2', priority: 0, startedAt: undefined, hostPort: false } as const;

const budgetOf = (allowed: number): PodDisruptionBudget => ({
  metadata: { name: 'blue', namespace: 'default', uid: 'blue', resourceVersion: '1', creationTimestamp: '' },
  spec: { selector: { matchLabels: { colour: 'blue' } } },
  status: { disruptionsAllowed: allowed, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
});

test('with cached trials the same pods are chosen as victims, whatever has happened to the nodes', () => {
  let offered = 0;
  let asked = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 30, maxLength: 60 }), (steps) => {
      const cluster = clusterOf(nodes.map((name) => makeNode(name, { allocatable: { cpu: '4', memory: '4Gi' } })));
      for (const [i, uid] of uids.entries())
        cluster.putPod(victimOf({ ...usual, uid, node: nodes[i % nodes.length] ?? '', blue: i === 0 }));
      const equalPods = new EqualPods(profile);
      let budgets: readonly PodDisruptionBudget[] = [];
      let count = 0;
      const planOf = (pod: Pod, known: EqualPods | undefined) => {
        const placement = planPlacement(pod, cluster, {
          profile,
          pick: () => 0,
          ...(known ? { equalPods: known } : {}),
        });
        if (placement.node) return placement.node.name;
        const { cycle, diagnosis } = placement;
        let mayKnow = false;
        const plan = planPreemption(
          {
            pod,
            cluster,
            refusals: diagnosis.refusals,
            nominatedNode: undefined,
            prepared: () => undefined,
            asked: () => true,
            tryOut(node) {
              if (mayKnow) asked++;
              return cycle.tryOut(node);
            },
            trialsOn(node) {
              const trials = cycle.trialsOn(node);
              mayKnow = trials !== undefined;
              if (mayKnow) offered++;
              return trials;
            },
          },
          {
            // Another list of the same objects each time, as informers return it.
            budgets: [...budgets],
            minCandidateNodesAbsolute: 100,
            minCandidateNodesPercentage: 10,
            offset: () => 0,
            isLeaving: () => false,
          },
        );
        return plan.candidates ?? plan.message;
      };
      for (const one of steps) {
        if ('put' in one) cluster.putPod(victimOf(one.put));
        else if ('remove' in one) cluster.removePod(one.remove);
        else if ('allowed' in one) budgets = one.allowed === undefined ? [] : [budgetOf(one.allowed)];
        else if ('cordon' in one)
          cluster.putNode(
            makeNode(one.cordon, {
              allocatable: { cpu: '4', memory: '4Gi' },
              spec: { unschedulable: one.unschedulable },
            }),
          );
        else {
          const pod = makePod({ name: `p-${count++}`, priority: one.priority, ...preemptors[one.preempt] });
          assert.deepEqual(planOf(pod, equalPods), planOf(pod, undefined));
        }
      }
    }),
    { numRuns: 300 },
  );
  assert.ok(asked > 0 && asked < 0.95 * offered, `${offered} answers, ${asked} of them by trials`);
});
