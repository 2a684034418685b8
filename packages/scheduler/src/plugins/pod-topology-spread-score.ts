import type { Pod } from '@typernetes/api/core/v1';
import { maxNodeScore, type ScorePreparation } from '../framework/plugin.ts';
import type { ClusterView } from '../snapshot/cluster-snapshot.ts';
import type { NodeInfo } from '../snapshot/node-info.ts';
import type { DomainCounts, PodCount } from '../snapshot/pod-count.ts';
import { includes, includesAll, type SpreadConstraint } from './spread-constraint.ts';

const hostname = 'kubernetes.io/hostname';

interface Weighted {
  readonly constraint: SpreadConstraint;
  /** Larger where there are more domains, so that rare and frequent keys can be added. */
  readonly weight: number;
  readonly count: (node: NodeInfo, value: string) => number;
}

export interface SpreadScoring {
  readonly constraints: readonly Weighted[];
  /** Nodes that lack a topology key: they score 0. */
  readonly ignored: ReadonlySet<NodeInfo>;
}

interface Context {
  readonly pod: Pod;
  /** The remaining candidates. */
  readonly nodes: readonly NodeInfo[];
  readonly cluster: ClusterView;
  /** Whether a node that lacks one of the keys is skipped for all constraints. */
  readonly needsAllKeys: boolean;
}

export function prepareSpreadScore(
  constraints: readonly SpreadConstraint[],
  context: Context,
): ScorePreparation<SpreadScoring> {
  if (constraints.length === 0) return { skip: true };
  const { nodes, needsAllKeys } = context;
  const hasAll = ({ labels }: NodeInfo): boolean => constraints.every((one) => labels[one.topologyKey] !== undefined);
  const ignored = new Set(needsAllKeys ? nodes.filter((node) => !hasAll(node)) : []);
  const weighted = constraints.map((constraint): Weighted => {
    const selected = context.cluster.pods.selected(constraint.matcher);
    if (constraint.topologyKey === hostname) {
      const size = nodes.length - ignored.size;
      return { constraint, weight: Math.log(size + 2), count: (node) => selected.onNode(node) };
    }
    const values = new Set<string>();
    for (const node of nodes) {
      const value = node.labels[constraint.topologyKey];
      if (value !== undefined && !(ignored.size > 0 && ignored.has(node))) values.add(value);
    }
    const counts = domainCounts(constraint, selected, { ...context, hasAll });
    return { constraint, weight: Math.log(values.size + 2), count: (_node, value) => counts.get(value) ?? 0 };
  });
  return { scoring: { constraints: weighted, ignored } };
}

/** Without selective policies the index has the counts already. */
function domainCounts(
  constraint: SpreadConstraint,
  selected: PodCount,
  { pod, cluster, needsAllKeys, hasAll }: Context & { hasAll(node: NodeInfo): boolean },
): DomainCounts {
  const key = constraint.topologyKey;
  const all = includesAll(constraint, pod);
  if (all && !needsAllKeys) return selected.inDomains(key);
  const counts = new Map<string, number>();
  for (const node of cluster.nodes) {
    const count = selected.onNode(node);
    const value = node.labels[key];
    if (count === 0 || value === undefined) continue;
    if ((needsAllKeys && !hasAll(node)) || !(all || includes(constraint, pod, node))) continue;
    counts.set(value, (counts.get(value) ?? 0) + count);
  }
  return counts;
}

/** The more pods in a node's domains, the higher; `normalizeSpread` turns it around. */
export function spreadScore(node: NodeInfo, { constraints, ignored }: SpreadScoring): number {
  if (ignored.size > 0 && ignored.has(node)) return 0;
  let score = 0;
  for (const { constraint, weight, count } of constraints) {
    const value = node.labels[constraint.topologyKey];
    if (value !== undefined) score += count(node, value) * weight + (constraint.maxSkew - 1);
  }
  return Math.round(score);
}

export function normalizeSpread(scores: number[], nodes: readonly NodeInfo[], { ignored }: SpreadScoring): void {
  let [min, max] = [Number.POSITIVE_INFINITY, 0];
  for (let i = 0; i < scores.length; i++) {
    if (ignored.has(nodes[i] as NodeInfo)) continue;
    const score = scores[i] as number;
    if (score < min) min = score;
    if (score > max) max = score;
  }
  for (let i = 0; i < scores.length; i++) {
    if (ignored.has(nodes[i] as NodeInfo)) scores[i] = 0;
    else if (max === 0) scores[i] = maxNodeScore;
    else scores[i] = Math.floor((maxNodeScore * (max + min - (scores[i] as number))) / max);
  }
}
