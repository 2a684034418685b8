import { toleratesTaint, untoleratedTaint } from '@typernetes/api';
import type { Toleration } from '@typernetes/api/core/v1';
import { accept, normalizeToMax, refuse, type SchedulerPlugin } from '../framework/plugin.ts';

interface Prepared {
  /** Those that may speak for PreferNoSchedule taints. */
  readonly soft: readonly Toleration[];
}

/** NoSchedule and NoExecute taints must be tolerated; of the rest, nodes with the fewest untolerated PreferNoSchedule taints score best. */
export const taintToleration: SchedulerPlugin<Prepared> = {
  name: 'TaintToleration',
  wakesOn: ['node-added', 'node-updated', 'pod-updated'],
  prepare: (pod) => ({
    prepared: { soft: (pod.spec.tolerations ?? []).filter((t) => !t.effect || t.effect === 'PreferNoSchedule') },
  }),
  filter: (pod, { node }) =>
    untoleratedTaint(node.spec.taints, pod.spec.tolerations) ? refuse('node(s) had untolerated taint(s)') : accept,
  score: (_pod, { node }, { soft }) =>
    (node.spec.taints ?? []).filter((taint) => taint.effect === 'PreferNoSchedule' && !toleratesTaint(soft, taint))
      .length,
  normalize: (scores) => normalizeToMax(scores, true),
};
