import { parseIpAddress, parseIpRange } from '@typernetes/base';
import type { ServicePort } from '../services/service-port.ts';
import type { ProxyNode } from './proxy-node.ts';

/**
 * Source addresses that a load balancer lets through besides its source ranges: its own addresses, if the node is within the ranges.
 * Load balancers that make their address one of the node's do not see what the node itself sends there: it comes back with that address as
 * its source.
 */
export function ownBalancerSources(port: ServicePort, node: Pick<ProxyNode, 'addresses'>): readonly string[] {
  const ranges = port.loadBalancerSourceRanges.flatMap((text) => parseIpRange(text) ?? []);
  const isAllowed = node.addresses.some((text) => {
    const address = parseIpAddress(text);
    return (
      address !== undefined &&
      ranges.some(({ bits, first, last }) => bits === address.bits && address.value >= first && address.value <= last)
    );
  });
  return isAllowed ? port.loadBalancerIPs : [];
}
