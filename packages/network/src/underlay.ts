import type { IpFamily } from '@typernetes/base';
import type { NodeFacts } from './node-facts.ts';
import type { NetworkSettings } from './settings.ts';

/** The network between the nodes, as this node's kernel sees it. */
export interface Underlay {
  readonly links: readonly Link[];
  /** The kernel's way to each address of another node; addresses without one are missing. */
  readonly paths: ReadonlyMap<string, Path>;
}

/** An interface of this node. */
export interface Link {
  readonly name: string;
  readonly mac: string;
  readonly mtu: number;
  readonly up: boolean;
  /** With prefix lengths, link-local ones left out. */
  readonly addresses: readonly string[];
  readonly vxlan?: VxlanLink;
}

export interface VxlanLink {
  readonly vni: number;
  readonly port: number;
  /** The source address of its packets. */
  readonly local: string | undefined;
  readonly learning: boolean;
}

export interface Path {
  readonly device: string;
  /** Whether the address is on the link itself, and not behind a gateway. */
  readonly direct: boolean;
}

/** How packets for the pods of another node get there: its address is the gateway, or they are wrapped and sent to it. */
export type Way =
  | { readonly kind: 'direct'; readonly via: string }
  | { readonly kind: 'tunnel'; readonly over: IpFamily; readonly remote: string };

/** What VXLAN adds to a packet: Ethernet (14), VXLAN (8), UDP (8) and IP (20 or 40), in bytes. */
const overhead: Readonly<Record<IpFamily, number>> = { IPv4: 50, IPv6: 70 };

const otherThan = (family: IpFamily): IpFamily => (family === 'IPv4' ? 'IPv6' : 'IPv4');

/** The way from `own` to the pods of `peer` that have addresses of `family`; undefined if there is none. Pure. */
export function wayTo(
  peer: NodeFacts,
  family: IpFamily,
  {
    own,
    underlay,
    mode,
  }: { readonly own: NodeFacts; readonly underlay: Underlay; readonly mode: NetworkSettings['mode'] },
): Way | undefined {
  const via = peer.addresses[family];
  if (mode !== 'Always' && via && underlay.paths.get(via)?.direct) return { kind: 'direct', via };
  if (mode === 'Never') return undefined;
  const ends = [family, otherThan(family)].flatMap((over) => {
    const remote = own.addresses[over] && peer.addresses[over];
    return remote ? [{ kind: 'tunnel', over, remote } as const] : [];
  });
  // Without a path yet, the tunnel is there when the path comes.
  return ends.find(({ remote }) => underlay.paths.has(remote)) ?? ends[0];
}

/** The families of the tunnels of a node that wraps every packet, whoever its peers are. */
export function usualTunnels(own: NodeFacts, families: readonly IpFamily[]): IpFamily[] {
  const over = families.flatMap((family) =>
    own.addresses[family] ? [family] : own.addresses[otherThan(family)] ? [otherThan(family)] : [],
  );
  return [...new Set(over)];
}

/** What fits into a tunnel of this family from `own` to `remotes`, in bytes. */
export function tunnelMtu(
  over: IpFamily,
  ends: { own: NodeFacts; remotes: readonly string[]; underlay: Underlay },
): number {
  const { own, remotes, underlay } = ends;
  const devices = new Set(remotes.flatMap((remote) => underlay.paths.get(remote)?.device ?? []));
  const isOwn = (address: string): boolean => address.split('/')[0] === own.addresses[over];
  const used = underlay.links.filter(({ name, addresses }) => devices.has(name) || addresses.some(isOwn));
  // Where routing is by BGP, the node's address is one of the loopback.
  const mtus = used.filter(({ name }) => name !== 'lo').map(({ mtu }) => mtu);
  return (mtus.length > 0 ? Math.min(...mtus) : 1500) - overhead[over];
}
