import { wakeUp } from '../framework/cluster-event.ts';
import type { SchedulerPlugin } from '../framework/plugin.ts';

/** Keeps pods with spec.schedulingGates out of the queue until the last gate is removed. */
export const schedulingGates = {
  name: 'SchedulingGates',
  wakesOn: [wakeUp('WaitingPod', ['update'])],
  gate: (pod) => {
    const gates = pod.spec.schedulingGates ?? [];
    return gates.length > 0 ? `waiting for scheduling gates: [${gates.map((gate) => gate.name).join(' ')}]` : undefined;
  },
} satisfies SchedulerPlugin;
