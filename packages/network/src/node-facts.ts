import type { Node } from '@typernetes/api/core/v1';
import { type IpFamily, ipAddressText, parseIpAddress } from '@typernetes/base';

/** What the network needs to know of a node. */
export interface NodeFacts {
  readonly name: string;
  /** The node's pod ranges, one of each family, in the node's order. */
  readonly ranges: readonly string[];
  /** The first internal address of each family, in canonical form. */
  readonly addresses: Readonly<Partial<Record<IpFamily, string>>>;
}

export function nodeFacts(node: Node): NodeFacts {
  const [IPv4, IPv6] = (['IPv4', 'IPv6'] as const).map((family) => internalIP(node, family));
  return {
    name: node.metadata.name,
    ranges: podRanges(node),
    addresses: { ...(IPv4 ? { IPv4 } : {}), ...(IPv6 ? { IPv6 } : {}) },
  };
}

/** The node's pod ranges, one of each family. */
export function podRanges(node: Node | undefined): readonly string[] {
  const { podCIDRs, podCIDR } = node?.spec ?? {};
  return podCIDRs?.length ? podCIDRs : podCIDR ? [podCIDR] : [];
}

/** The family of an address or a range. */
export const familyOf = (text: string): IpFamily => (text.includes(':') ? 'IPv6' : 'IPv4');

/** Programs print addresses in canonical form, and what they print is compared with what is planned. */
function internalIP(node: Node, family: IpFamily): string | undefined {
  const internal = node.status?.addresses?.filter(({ type }) => type === 'InternalIP') ?? [];
  const parsed = internal.flatMap(({ address }) => parseIpAddress(address) ?? []);
  const found = parsed.find(({ bits }) => (bits === 32 ? 'IPv4' : 'IPv6') === family);
  return found && ipAddressText(found);
}
