import type { Node } from '@typernetes/api/core/v1';

/** What one machine needs for its pods to reach all others. */
export interface NetworkPlan {
  /** The CNI configuration, to be written once the node has a range of pod addresses. */
  readonly cniConfig: CniConfigList;
  /** Pod ranges of the other nodes and the node addresses behind which they lie. */
  readonly routes: readonly { readonly destination: string; readonly via: string }[];
  /** Destinations that see pods' own addresses: traffic to anywhere else is masqueraded. */
  readonly podRanges: readonly string[];
  readonly ownRange: string;
}

export interface CniConfigList {
  readonly cniVersion: string;
  readonly name: string;
  readonly plugins: readonly Readonly<Record<string, unknown>>[];
}

/**
 * The network of `self` in a cluster of `nodes`; undefined while the node is unknown or has no pod range yet. Nodes must reach
 * each other on one link: their addresses serve as gateways to their pods. Pure.
 */
export function planNetwork(self: string, nodes: readonly Node[]): NetworkPlan | undefined {
  const range = podRange(nodes.find((node) => node.metadata.name === self));
  if (range === undefined) return undefined;
  const routes = nodes.flatMap((node) => {
    const destination = podRange(node);
    const via = internalIP(node);
    return node.metadata.name !== self && destination && via ? [{ destination, via }] : [];
  });
  const podRanges = [range, ...routes.map((route) => route.destination)].sort();
  return {
    cniConfig: cniConfig(range),
    routes: routes.sort((a, b) => (a.destination < b.destination ? -1 : 1)),
    podRanges,
    ownRange: range,
  };
}

/** The node's IPv4 range. */
function podRange(node: Node | undefined): string | undefined {
  return [...(node?.spec.podCIDRs ?? []), node?.spec.podCIDR].find((range) => range?.includes('.'));
}

function internalIP(node: Node): string | undefined {
  return node.status?.addresses?.find((address) => address.type === 'InternalIP' && address.address.includes('.'))
    ?.address;
}

function cniConfig(range: string): CniConfigList {
  return {
    cniVersion: '1.0.0',
    name: 'typernetes',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        isGateway: true,
        hairpinMode: true,
        // Masquerading is ours: the plugin's would hide pods from each other.
        ipMasq: false,
        ipam: { type: 'host-local', ranges: [[{ subnet: range }]], routes: [{ dst: '0.0.0.0/0' }] },
      },
      { type: 'portmap', capabilities: { portMappings: true }, snat: true },
    ],
  };
}
