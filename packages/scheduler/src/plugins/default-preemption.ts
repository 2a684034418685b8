import type { DefaultPreemptionArgs } from '@typernetes/api/kubescheduler.config/v1';
import { type PodDisruptionBudget, poddisruptionbudgets } from '@typernetes/api/policy/v1';
import type { Candidate } from '../framework/candidate.ts';
import { wakeUp } from '../framework/cluster-event.ts';
import type { PostFilterResult, SchedulerPlugin } from '../framework/plugin.ts';
import type { PluginHandle } from '../framework/plugin-handle.ts';
import { PreemptionExecutor } from '../preemption/executor.ts';
import { bestCandidate, planPreemption } from '../preemption/plan.ts';

const name = 'DefaultPreemption';

/** Makes room for a pod that fits nowhere by evicting pods of lower priority. */
export function defaultPreemption(args: DefaultPreemptionArgs, handle: PluginHandle): SchedulerPlugin {
  const budgets = handle.informers.for<PodDisruptionBudget>(poddisruptionbudgets).lister;
  const executor = new PreemptionExecutor(handle, (pod) => handle.ungate(pod.metadata.uid, name));
  return {
    name,
    // The plugins that refused the pod know which event helps; this one only keeps it back until the victims have been
    // deleted.
    wakesOn: [wakeUp('AssignedPod', ['delete'], { helps: () => false })],
    gate: (pod) =>
      executor.isRunning(pod.metadata.uid) ? 'waiting for the preemption for this pod to be finished' : undefined,
    postFilter: (cycle) => {
      handle.preemptionTried?.();
      const plan = planPreemption(cycle, {
        budgets: budgets.list(),
        minCandidateNodesPercentage: args.minCandidateNodesPercentage ?? 10,
        minCandidateNodesAbsolute: args.minCandidateNodesAbsolute ?? 100,
        offset: (count) => Math.floor(handle.random.next() * count),
        isLeaving: (uid) => executor.isLeaving(uid),
      });
      if (!plan.candidates)
        return { message: `preemption: ${plan.message}`, ...(plan.withdraw ? { nominate: '' } : {}) };
      const choose = (candidates: readonly Candidate[]): PostFilterResult => {
        if (candidates.length === 0) return { message: 'preemption: no candidate node for preemption' };
        const best = bestCandidate(candidates);
        executor.start(cycle.pod, best);
        return { message: '', nominate: best.node };
      };
      const vetted = handle.vetCandidates?.(cycle.pod, plan.candidates);
      return vetted ? vetted.then(choose) : choose(plan.candidates);
    },
  };
}
