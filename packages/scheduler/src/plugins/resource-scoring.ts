import type { NodeResourcesFitArgs, ResourceSpec } from '@typernetes/api/kubescheduler.config/v1';
import { maxNodeScore } from '../framework/plugin.ts';
import { amountIn, type Demand } from '../snapshot/demand.ts';
import type { NodeInfo } from '../snapshot/node-info.ts';

/** 0 to 100 for a node on which `requested` of `allocatable` would be used. */
type Curve = (requested: number, allocatable: number) => number;

/** Prefers nodes that are used least. */
const leastAllocated: Curve = (requested, allocatable) =>
  requested > allocatable ? 0 : Math.floor(((allocatable - requested) * maxNodeScore) / allocatable);

/** Prefers nodes that are used most. */
const mostAllocated: Curve = (requested, allocatable) =>
  Math.floor((Math.min(requested, allocatable) * maxNodeScore) / allocatable);

interface Point {
  readonly utilization: number;
  readonly score: number;
}

/** Utilization in percent to a score, straight between the points; scores of the configuration go to 10. */
function brokenLinear(shape: readonly { utilization: number; score: number }[]): (utilization: number) => number {
  const points: Point[] = shape.map(({ utilization, score }) => ({ utilization, score: score * (maxNodeScore / 10) }));
  return (utilization) => {
    let before: Point | undefined;
    for (const point of points) {
      if (utilization <= point.utilization) {
        if (!before) return point.score;
        const share = (utilization - before.utilization) / (point.utilization - before.utilization);
        return before.score + Math.trunc((point.score - before.score) * share);
      }
      before = point;
    }
    return before?.score ?? 0;
  };
}

/** The score of a node by the profile's scoring strategy: the weighted mean over the resources that the node has. */
export function resourceScore(
  strategy: NonNullable<NodeResourcesFitArgs['scoringStrategy']>,
): (node: NodeInfo, demand: Demand) => number {
  const ratio = strategy.type === 'RequestedToCapacityRatio';
  const line = brokenLinear(strategy.requestedToCapacityRatio?.shape ?? []);
  const requestedToCapacity: Curve = (requested, allocatable) =>
    line(requested > allocatable ? 100 : Math.floor((requested * 100) / allocatable));
  const curve = ratio ? requestedToCapacity : strategy.type === 'MostAllocated' ? mostAllocated : leastAllocated;
  const resources = resourcesOf(strategy.resources);
  return (node, demand) => {
    let sum = 0;
    let weights = 0;
    for (const { name, weight } of resources) {
      const { requested, allocatable } = useOf(name, node, demand);
      if (allocatable === 0) continue;
      const score = curve(requested, allocatable);
      // Upstream leaves resources without a score out of this strategy's mean.
      if (ratio && score <= 0) continue;
      sum += score * weight;
      weights += weight;
    }
    if (weights === 0) return 0;
    return ratio ? Math.round(sum / weights) : Math.floor(sum / weights);
  };
}

/** The usage of a resource including the pod; extended resources count only for pods that request them. */
function useOf(name: string, node: NodeInfo, demand: Demand): { requested: number; allocatable: number } {
  switch (name) {
    case 'cpu':
      return { requested: node.requested.scoredCpu + demand.scoredCpu, allocatable: node.allocatable.cpu };
    case 'memory':
      return { requested: node.requested.scoredMemory + demand.scoredMemory, allocatable: node.allocatable.memory };
    default: {
      const own = amountIn(demand, name);
      if (own === 0 && name !== 'ephemeral-storage') return { requested: 0, allocatable: 0 };
      return { requested: amountIn(node.requested, name) + own, allocatable: amountIn(node.allocatable, name) };
    }
  }
}

function resourcesOf(specs: readonly ResourceSpec[] | undefined): readonly { name: string; weight: number }[] {
  const given = specs?.length ? specs : [{ name: 'cpu' }, { name: 'memory' }];
  return given.map(({ name, weight }) => ({ name, weight: weight || 1 }));
}
