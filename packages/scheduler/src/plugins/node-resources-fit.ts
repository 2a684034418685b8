import { accept, maxNodeScore, refuseForNow, type SchedulerPlugin } from '../framework/plugin.ts';
import { type Demand, podDemand } from '../snapshot/demand.ts';

/** The node's free resources must hold the pod's requests; nodes with the greatest share left of CPU and memory score best (LeastAllocated). */
export const nodeResourcesFit: SchedulerPlugin<Demand> = {
  name: 'NodeResourcesFit',
  wakesOn: ['node-added', 'node-updated', 'pod-released', 'pod-updated'],
  prepare: (pod) => ({ prepared: podDemand(pod) }),
  filter: (_pod, node, demand) => {
    const reasons: string[] = [];
    const allowedPods = node.allocatable.get('pods') ?? 0;
    if (node.podCount + 1 > allowedPods) reasons.push('Too many pods');
    for (const [resource, amount] of demand.requests) {
      if (amount > 0 && amount > (node.allocatable.get(resource) ?? 0) - (node.requested.requests.get(resource) ?? 0)) {
        reasons.push(`Insufficient ${resource}`);
      }
    }
    return reasons.length === 0 ? accept : refuseForNow(...reasons);
  },
  score: (_pod, node, demand) => {
    const scores = (['cpu', 'memory'] as const).flatMap((resource) => {
      const allocatable = node.allocatable.get(resource) ?? 0;
      if (allocatable === 0) return [];
      const requested = node.requested.scored[resource] + demand.scored[resource];
      return [requested > allocatable ? 0 : Math.floor(((allocatable - requested) * maxNodeScore) / allocatable)];
    });
    return scores.length === 0 ? 0 : Math.floor(scores.reduce((sum, score) => sum + score, 0) / scores.length);
  },
};
