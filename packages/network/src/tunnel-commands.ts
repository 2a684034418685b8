import { familyOf } from './node-facts.ts';
import { isTunnelDevice, type TunnelPlan } from './tunnels.ts';
import type { Link } from './underlay.ts';

/** A VXLAN device that is there, with what it knows of other nodes. */
export interface PresentTunnel {
  readonly link: Link;
  /** Permanent neighbours: the hardware address behind a gateway's address. */
  readonly neighbours: readonly { readonly address: string; readonly mac: string }[];
  /** The forwarding database: the node behind a hardware address. */
  readonly forwarding: readonly { readonly mac: string; readonly remote: string | undefined }[];
}

/** Lines for `ip -batch`, and after that lines for `bridge -batch`. */
export interface TunnelCommands {
  readonly ip: readonly string[];
  readonly bridge: readonly string[];
}

/**
 * What turns the present devices into the wanted ones: `before` the routes are set, what they need, and `after` that,
 * what they no longer need. Nothing is touched that is as it should be, so traffic goes on when the agent starts again.
 */
export function tunnelCommands(
  wanted: readonly TunnelPlan[],
  present: readonly PresentTunnel[],
): { readonly before: TunnelCommands; readonly after: TunnelCommands } {
  const changes = wanted.map((plan) =>
    changesOf(
      plan,
      present.find(({ link }) => link.name === plan.device),
    ),
  );
  const superfluous = present
    .map(({ link }) => link.name)
    .filter((name) => isTunnelDevice(name) && !wanted.some(({ device }) => device === name));
  return {
    before: {
      ip: changes.flatMap(({ devices, neighbours }) => [...devices, ...neighbours]),
      bridge: changes.flatMap(({ forwarding }) => forwarding),
    },
    after: {
      ip: [
        ...changes.flatMap(({ staleNeighbours }) => staleNeighbours),
        ...superfluous.map((name) => `link del ${name}`),
      ],
      bridge: changes.flatMap(({ staleForwarding }) => staleForwarding),
    },
  };
}

function changesOf(plan: TunnelPlan, found: PresentTunnel | undefined) {
  const usable = found && isSameDevice(plan, found.link) ? found : undefined;
  const dev = `dev ${plan.device}`;
  const gateways = plan.peers.flatMap(({ gateways, mac }) => gateways.map((address) => ({ address, mac })));
  const known = new Map(usable?.neighbours.map(({ address, mac }) => [address, mac]));
  const remotes = new Map(usable?.forwarding.map(({ mac, remote }) => [mac, remote]));
  return {
    devices: [...(found && !usable ? [`link del ${plan.device}`] : []), ...deviceCommands(plan, usable?.link)],
    neighbours: gateways
      .filter(({ address, mac }) => known.get(address) !== mac)
      .map(({ address, mac }) => `neigh replace ${address} lladdr ${mac} ${dev} nud permanent`),
    forwarding: plan.peers
      .filter(({ mac, remote }) => remotes.get(mac) !== remote)
      .map(({ mac, remote }) => `fdb replace ${mac} ${dev} dst ${remote} self permanent`),
    staleNeighbours: [...known.keys()]
      .filter((address) => !gateways.some((gateway) => gateway.address === address))
      .map((address) => `neigh del ${address} ${dev}`),
    staleForwarding: [...remotes.keys()]
      .filter((mac) => !plan.peers.some((peer) => peer.mac === mac))
      .map((mac) => `fdb del ${mac} ${dev} self`),
  };
}

/** Whether the device can stay: what else differs can be changed in place. */
const isSameDevice = ({ vni, port, local, mac }: TunnelPlan, { vxlan, ...link }: Link): boolean =>
  vxlan !== undefined &&
  vxlan.vni === vni &&
  vxlan.port === port &&
  vxlan.local === local &&
  !vxlan.learning &&
  link.mac === mac;

/** Without learning, where nodes are is what the agent says, and not what packets from anywhere claim. */
function deviceCommands({ device, mac, mtu, vni, port, local, addresses }: TunnelPlan, present?: Link): string[] {
  const type = `type vxlan id ${vni} local ${local} dstport ${port} nolearning`;
  const made: Pick<Link, 'mtu' | 'up' | 'addresses'> = present ?? { mtu, up: false, addresses: [] };
  return [
    ...(present ? [] : [`link add ${device} address ${mac} mtu ${mtu} ${type}`]),
    ...(made.mtu === mtu ? [] : [`link set dev ${device} mtu ${mtu}`]),
    ...addresses
      .filter((address) => !made.addresses.includes(address))
      // Nobody else can have it: without the flag it could not be used for a second.
      .map((address) => `addr add ${address} dev ${device}${familyOf(address) === 'IPv6' ? ' nodad' : ''}`),
    ...made.addresses
      .filter((address) => !addresses.includes(address))
      .map((address) => `addr del ${address} dev ${device}`),
    ...(made.up ? [] : [`link set dev ${device} up`]),
  ];
}
