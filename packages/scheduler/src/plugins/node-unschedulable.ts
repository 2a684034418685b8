import { toleratesTaint } from '@typernetes/api';
import type { Node, Pod } from '@typernetes/api/core/v1';
import { wakeUp } from '../framework/cluster-event.ts';
import type { SchedulerPlugin } from '../framework/plugin.ts';
import { accept, refuse } from '../framework/verdict.ts';

const cordonTaint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' } as const;
const refused = refuse('node(s) were unschedulable');

const isOpen = (node: Node, pod: Pod): boolean =>
  !node.spec.unschedulable || toleratesTaint(pod.spec.tolerations, cordonTaint);

/** Cordoned nodes take only pods that tolerate the cordon. */
export const nodeUnschedulable = {
  name: 'NodeUnschedulable',
  wakesOn: [
    wakeUp('Node', ['add', 'update'], { parts: ['taints'], helps: (pod, { object }) => isOpen(object, pod) }),
    wakeUp('WaitingPod', ['update'], {
      helps: (_pod, { object }) => toleratesTaint(object.spec.tolerations, cordonTaint),
    }),
  ],
  sign: ({ spec }) => spec.tolerations,
  filter: (pod, { node, unschedulable }) => (!unschedulable || isOpen(node, pod) ? accept : refused),
} satisfies SchedulerPlugin;
