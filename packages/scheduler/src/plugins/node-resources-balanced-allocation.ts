import { maxNodeScore, type SchedulerPlugin } from '../framework/plugin.ts';
import { type Demand, podDemand } from '../snapshot/demand.ts';

/** Prefers nodes on which CPU and memory would be used to about the same share. Pods without requests have no preference. */
export const balancedAllocation: SchedulerPlugin<Demand> = {
  name: 'NodeResourcesBalancedAllocation',
  wakesOn: [],
  prepare: (pod) => ({ prepared: podDemand(pod) }),
  wantsScore: (_pod, demand) => [...demand.requests.values()].some((amount) => amount > 0),
  score: (_pod, node, demand) => {
    const shares = ['cpu', 'memory'].flatMap((resource) => {
      const allocatable = node.allocatable.get(resource) ?? 0;
      const requested = (node.requested.requests.get(resource) ?? 0) + (demand.requests.get(resource) ?? 0);
      return allocatable === 0 ? [] : [Math.min(1, requested / allocatable)];
    });
    const mean = shares.reduce((sum, share) => sum + share, 0) / Math.max(1, shares.length);
    const deviation = Math.sqrt(
      shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / Math.max(1, shares.length),
    );
    return Math.floor((1 - deviation) * maxNodeScore);
  },
};
