import type { ServicePort } from './service-port.ts';

/** UDP flows, by destination of the first packet and by backend; undefined means every address. */
export interface UdpFlows {
  readonly ip: string | undefined;
  readonly port: number;
  /** The backend that they were translated to. */
  readonly backend: string | undefined;
}

/**
 * The flows to forget after a change, because the kernel keeps translating a flow as it began: flows to backends that
 * no longer serve, and all flows to a service that has got its first backends or is gone. Flows to backends that still
 * exist stay, whatever the service's policies (upstream: `pkg/proxy/conntrack/cleanup.go`).
 */
export function staleUdpFlows(before: readonly ServicePort[], after: readonly ServicePort[]): UdpFlows[] {
  const now = new Map(after.map((port) => [port.id, port]));
  return before
    .filter(({ protocol }) => protocol === 'udp')
    .flatMap((port) => {
      const left = now.get(port.id);
      const had = servingAddresses(port);
      const has = left?.protocol === 'udp' ? servingAddresses(left) : undefined;
      const backends =
        has === undefined || (had.size === 0 && has.size > 0) ? [undefined] : [...had].filter((ip) => !has.has(ip));
      return backends.flatMap((backend) => frontends(port).map((frontend) => ({ ...frontend, backend })));
    });
}

const servingAddresses = ({ backends }: ServicePort): Set<string> =>
  new Set(backends.filter(({ serving }) => serving).map(({ ip }) => ip));

/** The destinations that clients use; node ports are open on every address of the node. */
function frontends({
  clusterIP,
  externalIPs,
  loadBalancerIPs,
  port,
  nodePort,
}: ServicePort): Omit<UdpFlows, 'backend'>[] {
  return [
    ...[clusterIP, ...externalIPs, ...loadBalancerIPs].map((ip) => ({ ip, port })),
    ...(nodePort === 0 ? [] : [{ ip: undefined, port: nodePort }]),
  ];
}
