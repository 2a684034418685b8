import { wakeUp } from '../framework/cluster-event.ts';
import type { SchedulerPlugin } from '../framework/plugin.ts';
import { accept, refuseForNow } from '../framework/verdict.ts';
import { type HostPort, hostPortsOf } from '../snapshot/host-ports.ts';

const refused = refuseForNow("node(s) didn't have free ports for the requested pod ports");

const conflict = (a: HostPort, b: HostPort): boolean =>
  a.hostPort === b.hostPort &&
  a.protocol === b.protocol &&
  (a.hostIP === b.hostIP || a.hostIP === '0.0.0.0' || b.hostIP === '0.0.0.0');

/** Host ports must be free on the node. */
export const nodePorts: SchedulerPlugin<readonly HostPort[]> = {
  name: 'NodePorts',
  wakesOn: [
    wakeUp('AssignedPod', ['delete'], {
      helps: (pod, { object }) => {
        const released = hostPortsOf(object);
        return hostPortsOf(pod).some((wanted) => released.some((free) => conflict(wanted, free)));
      },
    }),
    wakeUp('Node', ['add']),
  ],
  sign: hostPortsOf,
  prepare: (pod) => {
    const prepared = hostPortsOf(pod);
    return { prepared, skip: prepared.length === 0 };
  },
  filter: (_pod, node, ports) => (ports.every((port) => node.portFree(port)) ? accept : refused),
};
