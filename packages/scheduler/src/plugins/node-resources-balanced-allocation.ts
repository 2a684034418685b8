import type { NodeResourcesBalancedAllocationArgs } from '@typernetes/api/kubescheduler.config/v1';
import { maxNodeScore, type SchedulerPlugin } from '../framework/plugin.ts';
import { amountIn, type Demand, podDemand, signedDemand } from '../snapshot/demand.ts';

/** Prefers nodes on which the resources would be used to about the same share. Pods without requests have no preference. */
export function balancedAllocation(args: NodeResourcesBalancedAllocationArgs): SchedulerPlugin<undefined, Demand> {
  const names = args.resources?.length ? args.resources.map(({ name }) => name) : ['cpu', 'memory'];
  return {
    name: 'NodeResourcesBalancedAllocation',
    wakesOn: [],
    sign: signedDemand,
    prepareScore: (pod) => {
      const scoring = podDemand(pod);
      return names.some((name) => amountIn(scoring, name) > 0) ? { scoring } : { skip: true };
    },
    score: (_pod, node, demand) => {
      let [count, sum, squares] = [0, 0, 0];
      for (const name of names) {
        const allocatable = amountIn(node.allocatable, name);
        const own = amountIn(demand, name);
        if (allocatable === 0 || (own === 0 && node.allocatable.others.has(name))) continue;
        const share = Math.min(1, (amountIn(node.requested, name) + own) / allocatable);
        count++;
        sum += share;
        squares += share * share;
      }
      if (count === 0) return maxNodeScore;
      const mean = sum / count;
      // Rounding may leave a variance a hair below zero.
      const deviation = Math.sqrt(Math.max(0, squares / count - mean * mean));
      return Math.floor((1 - deviation) * maxNodeScore);
    },
  };
}
