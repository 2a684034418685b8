import type { Node } from '@typernetes/api/core/v1';
import { type IpFamily, type IpRange, ipAddressText, parseIpRange } from '@typernetes/base';
import { type CniConfigList, cniConfig } from './cni-config.ts';
import { familyOf, type NodeFacts, nodeFacts } from './node-facts.ts';
import type { NetworkSettings } from './settings.ts';
import { linkLocalOf, type TunnelPeer, type TunnelPlan, tunnelDevices, tunnelMac } from './tunnels.ts';
import { tunnelMtu, type Underlay, usualTunnels, type Way, wayTo } from './underlay.ts';

/** The network setup of one node from which its pods can reach all others. */
export interface NetworkPlan {
  /** The CNI configuration, written once the node has a pod range. */
  readonly cniConfig: CniConfigList;
  /** One entry per family of the node's pod ranges, in the node's order. */
  readonly families: readonly FamilyPlan[];
  /** The VXLAN devices, at most one for each family of nodes' addresses. */
  readonly tunnels: readonly TunnelPlan[];
  /** Names of the nodes to whose pods no way leads, or not for all families that both have; new ones without address left out. */
  readonly unreachable: readonly string[];
}

/** The part of a plan that belongs to one address family. */
export interface FamilyPlan {
  readonly family: IpFamily;
  /** The pod ranges of the other nodes, and what leads to them. */
  readonly routes: readonly PodRoute[];
  /** Destinations that see pods' own addresses; traffic to anywhere else is masqueraded. */
  readonly podRanges: readonly string[];
  readonly ownRange: string;
  /**
   * The bridge's address with the prefix length of the range: the first of the range, as the IPAM plugin assigns it.
   */
  readonly gateway: string;
}

export interface PodRoute {
  readonly destination: string;
  /** The node's address; or, behind a VXLAN device, one of its device at the other end. */
  readonly via: string;
  /** The VXLAN device. */
  readonly device?: string;
}

interface ClusterState {
  readonly nodes: readonly Node[];
  readonly underlay: Underlay;
  readonly settings: NetworkSettings;
}

/** The network of `self` in its cluster; undefined while the node is unknown or has no pod range yet. Pure. */
export function planNetwork(self: string, { nodes, underlay, settings }: ClusterState): NetworkPlan | undefined {
  const facts = nodes.map(nodeFacts);
  const own = facts.find(({ name }) => name === self);
  if (!own || own.ranges.length === 0) return undefined;
  const others = facts.filter((node) => node !== own).sort((a, b) => (a.name < b.name ? -1 : 1));
  const legs = others.flatMap((peer) => legsTo(peer, { own, underlay, mode: settings.mode }));
  const tunnels = (['IPv4', 'IPv6'] as const).flatMap((over) => tunnelPlan(over, { own, legs, underlay, settings }));
  return {
    cniConfig: cniConfig(own.ranges, podMtu(own, { tunnels, underlay, settings })),
    families: own.ranges.map((range) => familyPlan(range, legs)),
    tunnels,
    unreachable: [...new Set(legs.filter(isCutOff).map(({ peer }) => peer.name))],
  };
}

/** The pod range of another node, and the way to it. */
interface Leg {
  readonly peer: NodeFacts;
  readonly range: string;
  readonly way: Way | undefined;
}

/** A node has no address for a moment after it was created. */
const isCutOff = ({ peer, way }: Leg): boolean => !way && Object.keys(peer.addresses).length > 0;

function legsTo(
  peer: NodeFacts,
  from: { readonly own: NodeFacts; readonly underlay: Underlay; readonly mode: NetworkSettings['mode'] },
): Leg[] {
  const families = from.own.ranges.map(familyOf);
  return peer.ranges
    .filter((range) => families.includes(familyOf(range)))
    .map((range) => ({ peer, range, way: wayTo(peer, familyOf(range), from) }));
}

function familyPlan(ownRange: string, all: readonly Leg[]): FamilyPlan {
  const family = familyOf(ownRange);
  const legs = all.filter(({ range }) => familyOf(range) === family);
  const routes = legs.flatMap(({ peer, range, way }): PodRoute[] => {
    if (!way) return [];
    if (way.kind === 'direct') return [{ destination: range, via: way.via }];
    return [{ destination: range, via: gatewayTo(peer, range), device: tunnelDevices[way.over] }];
  });
  return {
    family,
    routes: routes.sort((a, b) => (a.destination < b.destination ? -1 : 1)),
    podRanges: [ownRange, ...legs.map(({ range }) => range)].sort(),
    ownRange,
    gateway: gatewayOf(ownRange),
  };
}

function tunnelPlan(
  over: IpFamily,
  { own, legs, underlay, settings }: Omit<ClusterState, 'nodes'> & { own: NodeFacts; legs: readonly Leg[] },
): TunnelPlan[] {
  const peers = new Map<string, TunnelPeer>();
  for (const { peer, range, way } of legs) {
    if (way?.kind !== 'tunnel' || way.over !== over) continue;
    const { gateways = [] } = peers.get(peer.name) ?? {};
    const ends = { mac: tunnelMac(peer.name), remote: way.remote };
    peers.set(peer.name, { ...ends, gateways: [...gateways, gatewayTo(peer, range)] });
  }
  const local = own.addresses[over];
  if (peers.size === 0 || local === undefined) return [];
  const remotes = [...peers.values()].map(({ remote }) => remote);
  const carried = [...peers.values()].flatMap(({ gateways }) => gateways.map(familyOf));
  const { vni, port, mtu } = settings;
  return [
    {
      device: tunnelDevices[over],
      mac: tunnelMac(own.name),
      mtu: mtu || tunnelMtu(over, { own, remotes, underlay }),
      vni,
      port,
      local,
      addresses: own.ranges
        .filter((range) => carried.includes(familyOf(range)))
        .map((range) => `${deviceAddress(range)}/${rangeOf(range).bits}`),
      peers: [...peers.values()],
    },
  ];
}

/**
 * The MTU of pods' interfaces; undefined: the plugin's default. It is lowered when the first node comes that is reached
 * by a tunnel, and for pods that start from then on. Who wraps everything knows beforehand.
 */
function podMtu(
  own: NodeFacts,
  { tunnels, underlay, settings }: Omit<ClusterState, 'nodes'> & { tunnels: readonly TunnelPlan[] },
): number | undefined {
  if (settings.mtu > 0) return settings.mtu;
  const usual = settings.mode === 'Always' ? usualTunnels(own, own.ranges.map(familyOf)) : [];
  const mtus = [
    ...tunnels.map(({ mtu }) => mtu),
    ...usual.map((over) => tunnelMtu(over, { own, remotes: [], underlay })),
  ];
  return mtus.length > 0 ? Math.min(...mtus) : undefined;
}

/** The address of a node's VXLAN device: the first of its range, which no pod gets. The bridge has the next. */
const deviceAddress = (range: string): string => {
  const { bits, first } = rangeOf(range);
  return ipAddressText({ bits, value: first });
};

/**
 * What a route through a VXLAN device names as its gateway. In IPv6 it is a link-local address: the kernel refuses others
 * that a route of another device leads to, such as the direct one that is to be replaced.
 */
const gatewayTo = (peer: NodeFacts, range: string): string =>
  familyOf(range) === 'IPv4' ? deviceAddress(range) : linkLocalOf(tunnelMac(peer.name));

function gatewayOf(range: string): string {
  const { bits, first, prefix } = rangeOf(range);
  return `${ipAddressText({ bits, value: first + 1n })}/${prefix}`;
}

function rangeOf(range: string): IpRange {
  const parsed = parseIpRange(range);
  if (!parsed) throw new Error(`Cannot use pod range "${range}" of a node: it is no range of addresses`);
  return parsed;
}
