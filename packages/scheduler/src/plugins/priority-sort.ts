import type { SchedulerPlugin } from '../framework/plugin.ts';

/** Higher priority first, then the pod that has waited longer. */
export const prioritySort = {
  name: 'PrioritySort',
  wakesOn: [],
  compare: (a, b) => (b.pod.spec.priority ?? 0) - (a.pod.spec.priority ?? 0) || a.since - b.since,
} satisfies SchedulerPlugin;
