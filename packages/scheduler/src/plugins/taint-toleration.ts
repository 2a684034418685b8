import { toleratesTaint, untoleratedTaint } from '@typernetes/api';
import type { Toleration } from '@typernetes/api/core/v1';
import { wakeUp } from '../framework/cluster-event.ts';
import { normalizeToMax, type SchedulerPlugin } from '../framework/plugin.ts';
import { accept, refuse } from '../framework/verdict.ts';

const refused = refuse('node(s) had untolerated taint(s)');

/** NoSchedule and NoExecute taints must be tolerated; of the rest, nodes with the fewest untolerated PreferNoSchedule taints score best. */
export const taintToleration: SchedulerPlugin<undefined, readonly Toleration[]> = {
  name: 'TaintToleration',
  wakesOn: [
    wakeUp('Node', ['add', 'update'], {
      parts: ['taints'],
      helps: (pod, { object }) => !untoleratedTaint(object.spec.taints, pod.spec.tolerations),
    }),
    wakeUp('WaitingPod', ['update']),
  ],
  sign: ({ spec }) => spec.tolerations,
  filter: (pod, { taints }) => (taints.length > 0 && untoleratedTaint(taints, pod.spec.tolerations) ? refused : accept),
  prepareScore: (pod) => ({
    // Tolerations that apply to PreferNoSchedule taints.
    scoring: (pod.spec.tolerations ?? []).filter((t) => !t.effect || t.effect === 'PreferNoSchedule'),
  }),
  score: (_pod, { taints }, soft) => {
    let untolerated = 0;
    for (const taint of taints) if (taint.effect === 'PreferNoSchedule' && !toleratesTaint(soft, taint)) untolerated++;
    return untolerated;
  },
  normalize: (scores) => normalizeToMax(scores, true),
};
