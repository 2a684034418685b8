import { toleratesTaint } from '@typernetes/api';
import { accept, refuse, type SchedulerPlugin } from '../framework/plugin.ts';

const cordonTaint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' } as const;

/** Cordoned nodes take only pods that tolerate the cordon. */
export const nodeUnschedulable = {
  name: 'NodeUnschedulable',
  wakesOn: ['node-added', 'node-updated'],
  filter: (pod, { node }) =>
    !node.spec.unschedulable || toleratesTaint(pod.spec.tolerations, cordonTaint)
      ? accept
      : refuse('node(s) were unschedulable'),
} satisfies SchedulerPlugin;
