/**
 * `node bench/scheduling.bench.ts [case…] [--nodes=5000]`: scheduling decisions alone, without an API server: pods per
 * second placed on 5,000 nodes, in the situations of upstream's scheduler_perf and compared with its thresholds (which
 * include an API server). Every pod is an object of its own, as from a watch; each is placed before the next is
 * decided.
 */
import { parseArgs } from 'node:util';
import type { Node, Pod, PodSpec } from '@typernetes/api/core/v1';
import { EqualPods } from '../packages/scheduler/src/cycle/equal-pods.ts';
import { planPlacement } from '../packages/scheduler/src/cycle/plan.ts';
import { profileOf } from '../packages/scheduler/src/framework/profile.ts';
import { pluginEntries } from '../packages/scheduler/src/plugins/default-plugins.ts';
import { bestCandidate, planPreemption } from '../packages/scheduler/src/preemption/plan.ts';
import { ClusterSnapshot } from '../packages/scheduler/src/snapshot/cluster-snapshot.ts';
import { fakeHandle } from '../packages/scheduler/src/testing/cluster.ts';

const { values: flags, positionals: wanted } = parseArgs({
  options: { nodes: { type: 'string', default: '5000' } },
  allowPositionals: true,
});
const nodeCount = Number(flags.nodes);
const zones = 3;

interface Case {
  readonly name: string;
  /** Upstream's threshold, pods per second. */
  readonly threshold: number;
  /** Pods that exist before the measurement. */
  readonly before?: { readonly count: number; readonly spec: Partial<PodSpec>; readonly labels?: Labels };
  readonly measured: { readonly count: number; readonly spec: Partial<PodSpec>; readonly labels?: Labels };
}

type Labels = Readonly<Record<string, string>>;

const zone = 'topology.kubernetes.io/zone';
const host = 'kubernetes.io/hostname';
const colour = (value: string) => ({ labels: { colour: value } });
const like = (value: string, topologyKey: string) => ({
  topologyKey,
  labelSelector: { matchLabels: { colour: value } },
});
const plain: Partial<PodSpec> = {};
const spread = (whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway'): Partial<PodSpec> => ({
  topologySpreadConstraints: [{ maxSkew: 5, whenUnsatisfiable, ...like('blue', zone) }],
});
const required = <K extends 'podAffinity' | 'podAntiAffinity'>(kind: K, value: string, key: string) => ({
  affinity: { [kind]: { requiredDuringSchedulingIgnoredDuringExecution: [like(value, key)] } },
});
const preferred = (value: string, key: string) => ({
  affinity: {
    podAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: like(value, key) }],
    },
  },
});
const inZone = {
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          { matchExpressions: [{ key: zone, operator: 'In' as const, values: ['zone-0', 'zone-1'] }] },
        ],
      },
    },
  },
};
const resources = (cpu: string) => ({
  containers: [{ name: 'pause', image: 'pause', resources: { requests: { cpu, memory: '500Mi' } } }],
});

const cases: readonly Case[] = [
  { name: 'basic', threshold: 810, before: { count: 1000, spec: plain }, measured: { count: 5000, spec: plain } },
  {
    name: 'unschedulable',
    threshold: 590,
    before: { count: 1000, spec: plain },
    measured: { count: 1000, spec: resources('900') },
  },
  {
    name: 'preemption',
    threshold: 570,
    before: { count: 4 * nodeCount, spec: { ...resources('900m'), priority: 0 } },
    measured: { count: 200, spec: { ...resources('3000m'), priority: 10 } },
  },
  {
    name: 'topology spreading, required',
    threshold: 460,
    before: { count: 5000, spec: plain },
    measured: { count: 5000, spec: spread('DoNotSchedule'), ...colour('blue') },
  },
  {
    name: 'topology spreading, preferred',
    threshold: 340,
    before: { count: 5000, spec: plain },
    measured: { count: 5000, spec: spread('ScheduleAnyway'), ...colour('blue') },
  },
  {
    name: 'node affinity',
    threshold: 220,
    before: { count: 5000, spec: inZone },
    measured: { count: 5000, spec: inZone },
  },
  {
    name: 'preferred pod affinity',
    threshold: 90,
    before: { count: 5000, spec: preferred('red', host), ...colour('red') },
    measured: { count: 5000, spec: preferred('red', host), ...colour('red') },
  },
  {
    name: 'required anti-affinity',
    threshold: 60,
    before: { count: 1000, spec: required('podAntiAffinity', 'green', host), ...colour('green') },
    measured: { count: 1000, spec: required('podAntiAffinity', 'green', host), ...colour('green') },
  },
  {
    name: 'required affinity',
    threshold: 35,
    before: { count: 5000, spec: required('podAffinity', 'blue', zone), ...colour('blue') },
    measured: { count: 5000, spec: required('podAffinity', 'blue', zone), ...colour('blue') },
  },
];

for (const one of cases) if (wanted.length === 0 || wanted.some((word) => one.name.includes(word))) run(one);

function run({ name, threshold, before, measured }: Case): void {
  const handle = fakeHandle();
  const profile = profileOf(
    'default-scheduler',
    pluginEntries.map(({ weight, make }) => ({ plugin: make({}, handle), weight })),
  );
  const equalPods = new EqualPods(profile);
  const cluster = new ClusterSnapshot();
  cluster.putNamespace('default', {});
  for (let i = 0; i < nodeCount; i++) cluster.putNode(makeNode(i));
  let random = 1;
  const pick = (count: number): number => {
    random = (random * 48_271) % 2_147_483_647;
    return random % count;
  };
  let startAt = 0;
  let refused = 0;
  const place = (pod: Pod): void => {
    const placement = planPlacement(pod, cluster, { profile, startAt, pick, equalPods });
    if (placement.node) {
      startAt = (startAt + placement.evaluated) % nodeCount;
      cluster.assume(pod, placement.node.name);
      return;
    }
    const { cycle, diagnosis } = placement;
    const tryOut = cycle.tryOut.bind(cycle);
    const trialsOn = cycle.trialsOn.bind(cycle);
    const plan = planPreemption(
      {
        pod,
        cluster,
        refusals: diagnosis.refusals,
        nominatedNode: undefined,
        prepared: () => undefined,
        asked: () => true,
        tryOut,
        trialsOn,
      },
      {
        budgets: [],
        minCandidateNodesAbsolute: 100,
        minCandidateNodesPercentage: 10,
        offset: pick,
        isLeaving: () => false,
      },
    );
    if (!plan.candidates) {
      refused++;
      return;
    }
    const best = bestCandidate(plan.candidates);
    for (const victim of best.victims.pods) cluster.removePod(victim.metadata.uid);
    cluster.assume(pod, best.node);
  };
  for (const pod of makePods('before', before)) place(pod);
  const pods = makePods('measured', measured);
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  for (const pod of pods) place(pod);
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const figures = {
    podsPerSecond: Math.round(pods.length / seconds),
    podsPerCpuSecond: Math.round((pods.length / (user + system)) * 1e6),
    threshold,
    ...(refused > 0 ? { refused } : {}),
  };
  process.stdout.write(`${name}: ${JSON.stringify(figures)}\n`);
}

function makeNode(i: number): Node {
  const name = `node-${i}`;
  return {
    metadata: {
      name,
      uid: name,
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { [host]: name, [zone]: `zone-${i % zones}` },
    },
    spec: {},
    status: { allocatable: { cpu: '4', memory: '32Gi', pods: '110' } },
  };
}

function makePods(prefix: string, kind: Case['before']): Pod[] {
  const { count, spec, labels } = kind ?? { count: 0, spec: {} };
  return Array.from({ length: count }, (_, i) =>
    structuredClone<Pod>({
      metadata: {
        name: `${prefix}-${i}`,
        namespace: 'default',
        uid: `${prefix}-${i}`,
        resourceVersion: '1',
        creationTimestamp: '2026-01-01T00:00:00Z',
        ...(labels ? { labels: { ...labels } } : {}),
      },
      spec: { schedulerName: 'default-scheduler', ...resources('100m'), ...spec },
    }),
  );
}
