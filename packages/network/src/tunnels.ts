import { createHash } from 'node:crypto';
import { type IpFamily, ipAddressText } from '@typernetes/base';

/** A VXLAN device of this node, and the nodes at the other ends. */
export interface TunnelPlan {
  readonly device: string;
  readonly mac: string;
  readonly mtu: number;
  readonly vni: number;
  readonly port: number;
  /** The node's own address, from which packets are sent. */
  readonly local: string;
  /**
   * Addresses of the device, with prefix lengths: sources of what the node itself sends through the tunnel, so that
   * answers come back through it, too.
   */
  readonly addresses: readonly string[];
  readonly peers: readonly TunnelPeer[];
}

export interface TunnelPeer {
  readonly mac: string;
  /** The address of the node to which packets for it are sent. */
  readonly remote: string;
  /** Addresses of its device, by which routes name it, one of each family of its pods that are reached through it. */
  readonly gateways: readonly string[];
}

/** One device for each family of the network between the nodes: none can send both. */
export const tunnelDevices: Readonly<Record<IpFamily, string>> = { IPv4: 'typernetes-vx4', IPv6: 'typernetes-vx6' };

export const isTunnelDevice = (name: string | undefined): boolean =>
  name === tunnelDevices.IPv4 || name === tunnelDevices.IPv6;

/**
 * The hardware address of a node's devices. It follows from the node's name, so nodes need not tell each other: locally
 * administered, with 46 bits of a hash. That two of 5000 nodes have the same is less likely than one in five million.
 */
export function tunnelMac(node: string): string {
  const [first = 0, ...rest] = createHash('sha256').update(node).digest().subarray(0, 6);
  return [(first & 0xfc) | 0x02, ...rest].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** The link-local address of IPv6 that follows from a hardware address (RFC 4291, appendix A). */
export function linkLocalOf(mac: string): string {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = mac.split(':').map((byte) => Number.parseInt(byte, 16));
  const identifier = [a ^ 0x02, b, c, 0xff, 0xfe, d, e, f].reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return ipAddressText({ bits: 128, value: (0xfe80n << 112n) | identifier });
}
