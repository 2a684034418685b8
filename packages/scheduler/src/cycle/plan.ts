import type { Pod } from '@typernetes/api/core/v1';
import { maxNodeScore, type SchedulerPlugin, type Verdict, type WeightedPlugin } from '../framework/plugin.ts';
import type { NodeInfo } from '../snapshot/node-info.ts';

/** Where a pod goes, or why it goes nowhere. */
export type Placement =
  | { readonly node: string; readonly evaluated: number; readonly feasible: number }
  | { readonly node?: undefined; readonly message: string; readonly refusedBy: ReadonlySet<string> };

export interface PlacementOptions {
  readonly plugins: readonly WeightedPlugin[];
  /** The node to start looking at: successive pods start at different nodes, so that large clusters are used evenly. */
  readonly startAt?: number;
  /** 0 to 100; 0 adapts to the size of the cluster. */
  readonly percentageOfNodesToScore?: number;
  /** Picks among equals: an index below `count`. */
  readonly pick: (count: number) => number;
}

interface Prepared {
  readonly plugin: SchedulerPlugin;
  readonly weight: number;
  readonly state: unknown;
  readonly filters: boolean;
}

/** Decides on one pod: filters, scores, picks. Pure, but for `pick`. */
export function planPlacement(pod: Pod, nodes: readonly NodeInfo[], options: PlacementOptions): Placement {
  if (nodes.length === 0)
    return { message: 'no nodes available to schedule pods', refusedBy: new Set(['NodeUnschedulable']) };
  const prepared = prepareAll(pod, options.plugins);
  const only = prepared.only;
  const candidates = only ? nodes.filter((node) => only.has(node.name)) : nodes;
  const wanted = only ? candidates.length : feasibleNodesToFind(nodes.length, options.percentageOfNodesToScore ?? 0);
  const feasible: NodeInfo[] = [];
  const reasons = new Map<string, number>();
  const refusedBy = new Set<string>();
  let evaluated = 0;
  for (; evaluated < candidates.length && feasible.length < wanted; evaluated++) {
    const node = candidates[((options.startAt ?? 0) + evaluated) % candidates.length] as NodeInfo;
    const verdict = filterNode(pod, node, prepared.plugins);
    if (verdict.ok) feasible.push(node);
    else {
      refusedBy.add(verdict.by);
      for (const reason of verdict.reasons) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
  }
  if (feasible.length === 0) {
    if (only && candidates.length < nodes.length) {
      for (const plugin of prepared.narrowedBy) refusedBy.add(plugin);
      const reason = `node(s) didn't satisfy plugin(s) [${[...prepared.narrowedBy].join(' ')}]`;
      reasons.set(reason, nodes.length - candidates.length);
    }
    return { message: unavailableMessage(nodes.length, reasons), refusedBy };
  }
  const best = feasible.length === 1 ? feasible : bestNodes(pod, feasible, prepared.plugins);
  const chosen = best[best.length === 1 ? 0 : options.pick(best.length)] as NodeInfo;
  return { node: chosen.name, evaluated, feasible: feasible.length };
}

/** How many feasible nodes are enough: all of up to 100, then a share that falls from 50 % to 5 % (upstream's rule). */
export function feasibleNodesToFind(nodes: number, percentage: number): number {
  if (nodes < 100 || percentage >= 100) return nodes;
  const share = percentage > 0 ? percentage : Math.max(5, 50 - Math.floor(nodes / 125));
  return Math.max(100, Math.floor((nodes * share) / 100));
}

/** `0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable.` */
export function unavailableMessage(nodes: number, reasons: ReadonlyMap<string, number>): string {
  const texts = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodes} nodes are available${texts.length > 0 ? `: ${texts.join(', ')}` : ''}.`;
}

function prepareAll(
  pod: Pod,
  plugins: readonly WeightedPlugin[],
): { plugins: readonly Prepared[]; only: ReadonlySet<string> | undefined; narrowedBy: ReadonlySet<string> } {
  let only: ReadonlySet<string> | undefined;
  const narrowedBy = new Set<string>();
  const prepared = plugins.map(({ plugin, weight }): Prepared => {
    const result = plugin.prepare?.(pod) ?? {};
    if (result.only) {
      only = only ? only.intersection(result.only) : result.only;
      narrowedBy.add(plugin.name);
    }
    return { plugin, weight, state: result.prepared, filters: plugin.filter !== undefined && !result.skip };
  });
  return { plugins: prepared, only, narrowedBy };
}

function filterNode(pod: Pod, node: NodeInfo, plugins: readonly Prepared[]): Verdict & { by: string } {
  for (const { plugin, state, filters } of plugins) {
    if (!filters) continue;
    const verdict = plugin.filter?.(pod, node, state);
    if (verdict && !verdict.ok) return { ...verdict, by: plugin.name };
  }
  return { ok: true, by: '' };
}

function bestNodes(pod: Pod, nodes: readonly NodeInfo[], plugins: readonly Prepared[]): NodeInfo[] {
  const totals = new Array<number>(nodes.length).fill(0);
  for (const { plugin, weight, state } of plugins) {
    if (!plugin.score || plugin.wantsScore?.(pod, state) === false) continue;
    const scores = nodes.map((node) => plugin.score?.(pod, node, state) ?? 0);
    plugin.normalize?.(scores);
    for (const [i, score] of scores.entries()) {
      totals[i] = (totals[i] ?? 0) + Math.min(maxNodeScore, Math.max(0, score)) * weight;
    }
  }
  const max = Math.max(...totals);
  return nodes.filter((_, i) => totals[i] === max);
}
