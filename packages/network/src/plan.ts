import type { Node } from '@typernetes/api/core/v1';
import { type IpFamily, ipAddressText, parseIpRange } from '@typernetes/base';

/** The network setup of one node from which its pods can reach all others. */
export interface NetworkPlan {
  /** The CNI configuration, written once the node has a pod range. */
  readonly cniConfig: CniConfigList;
  /** One entry per family of the node's pod ranges, in the node's order. */
  readonly families: readonly FamilyPlan[];
}

/** The part of a plan that belongs to one address family. */
export interface FamilyPlan {
  readonly family: IpFamily;
  /** The pod ranges of the other nodes, and the node addresses that route to them. */
  readonly routes: readonly { readonly destination: string; readonly via: string }[];
  /** Destinations that see pods' own addresses; traffic to anywhere else is masqueraded. */
  readonly podRanges: readonly string[];
  readonly ownRange: string;
  /**
   * The bridge's address with the prefix length of the range: the first of the range, as the IPAM plugin assigns it.
   */
  readonly gateway: string;
}

/** The bridge that all pods of the node are attached to. */
export const bridge = 'cni0';

interface CniConfigList {
  readonly cniVersion: string;
  readonly name: string;
  readonly plugins: readonly Readonly<Record<string, unknown>>[];
}

/**
 * The network of `self` in a cluster of `nodes`; undefined while the node is unknown or has no pod range yet. Nodes
 * must be on one link, because their addresses are the gateways to their pods. Pure.
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

/** The node's pod ranges, one of each family. */
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
        // The agent masquerades itself: the plugin's masquerading would hide pods from each other.
        ipMasq: false,
        ipam: { type: 'host-local', ranges: ranges.map((subnet) => [{ subnet }]), routes },
      },
      { type: 'portmap', capabilities: { portMappings: true }, snat: true },
    ],
  };
}
