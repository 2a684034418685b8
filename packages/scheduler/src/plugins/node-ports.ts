import { accept, refuseForNow, type SchedulerPlugin } from '../framework/plugin.ts';
import { hostPortsOf } from '../snapshot/node-info.ts';

type HostPorts = ReturnType<typeof hostPortsOf>;

/** Host ports must be free on the node. */
export const nodePorts: SchedulerPlugin<HostPorts> = {
  name: 'NodePorts',
  wakesOn: ['node-added', 'pod-released'],
  wakes: (_pod, event) => event.type !== 'pod-released' || hostPortsOf(event.pod).length > 0,
  prepare: (pod) => {
    const prepared = hostPortsOf(pod);
    return { prepared, skip: prepared.length === 0 };
  },
  filter: (_pod, node, ports) =>
    ports.every((port) => node.portFree(port))
      ? accept
      : refuseForNow("node(s) didn't have free ports for the requested pod ports"),
};
