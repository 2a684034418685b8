import type { Node } from '@typernetes/api/core/v1';
import { type IpFamily, ipAddressText, parseIpRange } from '@typernetes/base';

/** What one machine needs for its pods to reach all others. */
export interface NetworkPlan {
  /** The CNI configuration, to be written once the node has a range of pod addresses. */
  readonly cniConfig: CniConfigList;
  /** One of each family that the node has a range of, in the node's order. */
  readonly families: readonly FamilyPlan[];
}

/** The part of a plan that belongs to one address family. */
export interface FamilyPlan {
  readonly family: IpFamily;
  /** Pod ranges of the other nodes and the node addresses behind which they lie. */
  readonly routes: readonly { readonly destination: string; readonly via: string }[];
  /** Destinations that see pods' own addresses: traffic to anywhere else is masqueraded. */
  readonly podRanges: readonly string[];
  readonly ownRange: string;
  /** The bridge's own address and the length of the range's prefix: the first of the range, as the address management of the plugins has it. */
  readonly gateway: string;
}

/** What all pods of the machine are plugged into. */
export const bridge = 'cni0';

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
  const own = podRanges(nodes.find((node) => node.metadata.name === self));
  if (own.length === 0) return undefined;
  const others = nodes.filter((node) => node.metadata.name !== self);
  return {
    cniConfig: cniConfig(own),
    families: own.map((range) => familyPlan(range, others)),
  };
}

function familyPlan(ownRange: string, others: readonly Node[]): FamilyPlan {
  const family = familyOf(ownRange);
  const routes = others.flatMap((node) => {
    const destination = podRanges(node).find((range) => familyOf(range) === family);
    const via = internalIP(node, family);
    return destination && via ? [{ destination, via }] : [];
  });
  return {
    family,
    routes: routes.sort((a, b) => (a.destination < b.destination ? -1 : 1)),
    podRanges: [ownRange, ...routes.map((route) => route.destination)].sort(),
    ownRange,
    gateway: gatewayOf(ownRange),
  };
}

function gatewayOf(range: string): string {
  const parsed = parseIpRange(range);
  if (!parsed) throw new Error(`Cannot use pod range "${range}" of this node: it is no range of addresses`);
  const { bits, first, prefix } = parsed;
  return `${ipAddressText({ bits, value: first + 1n })}/${prefix}`;
}

const familyOf = (text: string): IpFamily => (text.includes(':') ? 'IPv6' : 'IPv4');

/** The node's ranges of pods' addresses, one of each family. */
export function podRanges(node: Node | undefined): readonly string[] {
  const { podCIDRs, podCIDR } = node?.spec ?? {};
  return podCIDRs?.length ? podCIDRs : podCIDR ? [podCIDR] : [];
}

function internalIP(node: Node, family: IpFamily): string | undefined {
  return node.status?.addresses?.find(({ type, address }) => type === 'InternalIP' && familyOf(address) === family)
    ?.address;
}

function cniConfig(ranges: readonly string[]): CniConfigList {
  const routes = ranges.map((range) => ({ dst: familyOf(range) === 'IPv4' ? '0.0.0.0/0' : '::/0' }));
  return {
    cniVersion: '1.0.0',
    name: 'typernetes',
    plugins: [
      {
        type: 'bridge',
        bridge,
        isGateway: true,
        hairpinMode: true,
        // Masquerading is ours: the plugin's would hide pods from each other.
        ipMasq: false,
        ipam: { type: 'host-local', ranges: ranges.map((subnet) => [{ subnet }]), routes },
      },
      { type: 'portmap', capabilities: { portMappings: true }, snat: true },
    ],
  };
}
