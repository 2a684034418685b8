import type { Pod } from '@typernetes/api/core/v1';
import { maxNodeScore, type SchedulerPlugin } from '../framework/plugin.ts';
import { noTimer, type PointTimer } from '../framework/point-timer.ts';
import type { Profile } from '../framework/profile.ts';
import { type Refusal, refuse } from '../framework/verdict.ts';
import type { ClusterView } from '../snapshot/cluster-snapshot.ts';
import type { NodeInfo } from '../snapshot/node-info.ts';
import { type AttributedRefusal, Cycle, type Nominations, noNominations } from './cycle.ts';
import type { EqualPods } from './equal-pods.ts';
import type { Diagnosis } from './fit-error.ts';
import type { NodeScores } from './node-answers.ts';

/** The node for a pod, or why there is none. */
type Placement =
  | { readonly node: NodeInfo; readonly evaluated: number; readonly feasible: number; readonly cycle: Cycle }
  | (Unplaced & { readonly node?: undefined });

export interface Unplaced {
  readonly cycle: Cycle;
  readonly diagnosis: Diagnosis;
  /** The plugins that refused nodes. */
  readonly refusedBy: ReadonlySet<string>;
}

export interface Found extends Unplaced {
  readonly feasible: readonly NodeInfo[];
  readonly evaluated: number;
}

/** The feasible nodes, or why there are none. */
export type Search = Found | (Unplaced & { readonly feasible?: undefined });

export interface PlacementOptions {
  readonly profile: Profile;
  readonly nominations?: Nominations;
  /** The node to start looking at: successive pods start at different nodes, so that large clusters are used evenly. */
  readonly startAt?: number;
  /** 0 to 100; 0 adapts to the size of the cluster. */
  readonly percentageOfNodesToScore?: number;
  /** Picks among nodes with equal scores: an index below `count`. */
  readonly pick: (count: number) => number;
  readonly timer?: PointTimer;
  /** Caches the plugins' answers for pods with equal specs. */
  readonly equalPods?: EqualPods | undefined;
}

/** Finds the node for one pod: filters, scores, picks. Pure, except for `pick`. */
export function planPlacement(pod: Pod, cluster: ClusterView, options: PlacementOptions): Placement {
  const search = searchNodes(pod, cluster, options);
  if (!search.feasible) return search;
  const { feasible, evaluated, cycle } = search;
  return { node: bestNode(search, options), evaluated, feasible: feasible.length, cycle };
}

/** The node with the best score; a single one is not scored. */
export function bestNode(
  { feasible, cycle }: Found,
  { profile, timer, pick }: Pick<PlacementOptions, 'profile' | 'timer' | 'pick'>,
): NodeInfo {
  if (feasible.length === 1) return feasible[0] as NodeInfo;
  return chooseNode(feasible, totalScores(cycle, feasible, profile, timer), pick);
}

/** The feasible nodes, up to as many as are worth scoring. */
export function searchNodes(pod: Pod, cluster: ClusterView, options: PlacementOptions): Search {
  const { profile, nominations = noNominations, timer = noTimer } = options;
  const { nodes } = cluster;
  let startedAt = timer.begin();
  const answers = options.equalPods?.answersFor(pod);
  const cycle = new Cycle(pod, profile, { cluster, nominations, answers });
  timer.end('PreFilter', startedAt, cycle.refusal ? 'Unschedulable' : 'Success');
  if (cycle.refusal) {
    const { refusal } = cycle;
    const diagnosis = { total: nodes.length, refusals: new Map(), all: refusal };
    return { cycle, diagnosis, refusedBy: new Set(cycle.only?.size === 0 ? cycle.narrowedBy : [refusal.by]) };
  }
  const refusals = new Map<string, Refusal>();
  const refusedBy = new Set<string>();
  const nominated = nominatedNode(pod, cluster, nominations);
  if (nominated && cycle.filter(nominated).ok)
    return { feasible: [nominated], evaluated: 0, cycle, diagnosis: { total: nodes.length, refusals }, refusedBy };
  const { only } = cycle;
  const candidates = only ? [...only].flatMap((name) => cluster.node(name) ?? []) : nodes;
  const wanted = only
    ? candidates.length
    : feasibleNodesToFind(nodes.length, options.percentageOfNodesToScore ?? profile.percentageOfNodesToScore ?? 0);
  const feasible: NodeInfo[] = [];
  const startAt = options.startAt ?? 0;
  let evaluated = 0;
  startedAt = timer.begin();
  for (; evaluated < candidates.length && feasible.length < wanted; evaluated++) {
    const node = candidates[(startAt + evaluated) % candidates.length] as NodeInfo;
    const verdict = cycle.filter(node);
    if (verdict.ok) feasible.push(node);
    else {
      refusals.set(node.name, verdict);
      refusedBy.add((verdict as AttributedRefusal).by);
    }
  }
  timer.end('Filter', startedAt, feasible.length > 0 ? 'Success' : 'Unschedulable');
  const others = only && refuse(`node(s) didn't satisfy plugin(s) [${[...cycle.narrowedBy].sort().join(' ')}]`);
  const diagnosis = { total: nodes.length, refusals, ...(others ? { others } : {}) };
  if (feasible.length > 0) return { feasible, evaluated, cycle, diagnosis, refusedBy };
  if (others && refusals.size < nodes.length) for (const plugin of cycle.narrowedBy) refusedBy.add(plugin);
  return { cycle, diagnosis, refusedBy };
}

/** How many feasible nodes are enough: all in clusters of up to 100 nodes, then a share that falls from 50 % to 5 % (upstream's rule). */
export function feasibleNodesToFind(nodes: number, percentage: number): number {
  if (nodes < 100 || percentage >= 100) return nodes;
  const share = percentage > 0 ? percentage : Math.max(5, 50 - Math.floor(nodes / 125));
  return Math.max(100, Math.floor((nodes * share) / 100));
}

/** The weighted sums of all scores, in the order of `nodes`. */
export function totalScores(
  { pod, cluster, answers }: Cycle,
  nodes: readonly NodeInfo[],
  profile: Profile,
  timer: PointTimer = noTimer,
): number[] {
  let startedAt = timer.begin();
  const scoring = new Map<SchedulerPlugin, unknown>();
  const skipped = new Set<SchedulerPlugin>();
  for (const plugin of profile.at.preScore) {
    const result = plugin.prepareScore?.(pod, nodes, cluster) ?? {};
    if (result.skip) skipped.add(plugin);
    else scoring.set(plugin, result.scoring);
  }
  timer.end('PreScore', startedAt);
  startedAt = timer.begin();
  const totals = new Array<number>(nodes.length).fill(0);
  const scores = new Array<number>(nodes.length).fill(0);
  const add = (weight: number): void => {
    for (let i = 0; i < nodes.length; i++) totals[i] = (totals[i] as number) + bounded(scores[i] as number) * weight;
  };
  const active = profile.at.score.filter(({ plugin }) => plugin.score && !skipped.has(plugin));
  const known = answers ? active.filter(({ plugin }) => plugin.sign) : [];
  if (answers && known.length > 0) {
    const normalized = known.filter(({ plugin }) => plugin.normalize);
    const ask = (node: NodeInfo): NodeScores => {
      let sum = 0;
      const raw: number[] = [];
      for (const { plugin, weight } of known) {
        const score = plugin.score?.(pod, node, scoring.get(plugin)) ?? 0;
        if (plugin.normalize) raw.push(score);
        else sum += bounded(score) * weight;
      }
      return { sum, raw };
    };
    const all = nodes.map((node) => answers.scores(node, ask));
    for (let i = 0; i < nodes.length; i++) totals[i] = (all[i] as NodeScores).sum;
    normalized.forEach(({ plugin, weight }, at) => {
      for (let i = 0; i < nodes.length; i++) scores[i] = (all[i] as NodeScores).raw[at] as number;
      plugin.normalize?.(scores, nodes, scoring.get(plugin));
      add(weight);
    });
  }
  for (const one of active) {
    const { plugin, weight } = one;
    if (!plugin.score || known.includes(one)) continue;
    const state = scoring.get(plugin);
    for (let i = 0; i < nodes.length; i++) scores[i] = plugin.score(pod, nodes[i] as NodeInfo, state);
    plugin.normalize?.(scores, nodes, state);
    add(weight);
  }
  timer.end('Score', startedAt);
  return totals;
}

const bounded = (score: number): number => Math.min(maxNodeScore, Math.max(0, score));

/** One of the nodes with the best total. */
export function chooseNode(
  nodes: readonly NodeInfo[],
  totals: readonly number[],
  pick: (count: number) => number,
): NodeInfo {
  let max = Number.NEGATIVE_INFINITY;
  let best: NodeInfo[] = [];
  for (let i = 0; i < nodes.length; i++) {
    const total = totals[i] as number;
    if (total < max) continue;
    if (total > max) {
      max = total;
      best = [];
    }
    best.push(nodes[i] as NodeInfo);
  }
  return best[best.length === 1 ? 0 : pick(best.length)] as NodeInfo;
}

/** The node on which preemption has made room for the pod: if the pod fits there, no other node is considered. */
function nominatedNode(pod: Pod, cluster: ClusterView, nominations: Nominations): NodeInfo | undefined {
  const name = nominations.nodeOf(pod.metadata.uid) ?? pod.status?.nominatedNodeName;
  return name ? cluster.node(name) : undefined;
}
