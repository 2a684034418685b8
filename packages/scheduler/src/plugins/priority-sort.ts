import type { SchedulerPlugin } from '../framework/plugin.ts';

/** Higher priority first, then whoever waits longer. */
export const prioritySort = {
  name: 'PrioritySort',
  wakesOn: [],
  compare: (a, b) => (b.pod.spec.priority ?? 0) - (a.pod.spec.priority ?? 0) || a.since - b.since,
} satisfies SchedulerPlugin;
