import { type IpFamily, type IpRange, ipFamilyOf, ipRangeText, parseIpRange, rangesOverlap } from '@typernetes/base';
import type { MaskSizes } from '../context/settings.ts';

/** A cluster range and the mask size of each node's part. */
export interface ClusterRange {
  readonly whole: IpRange;
  /** The prefix length of a node's range. */
  readonly maskSize: number;
}

/** Throws when the text is not a range. */
export function parseRange(text: string): IpRange {
  const range = parseIpRange(text);
  if (!range) throw new Error(`invalid CIDR address: ${text}`);
  return range;
}

/** The ranges of a comma-separated list; none for an empty one. */
export const parseRanges = (text: string | undefined): IpRange[] => (text ? text.split(',').map(parseRange) : []);

const defaultMaskSizes: Readonly<Record<IpFamily, number>> = { IPv4: 24, IPv6: 64 };

/**
 * The cluster ranges to assign to nodes: at most one of each family. Throws when the flags contradict each other, in
 * upstream's words.
 */
export function clusterRanges(text: string, sizes: MaskSizes): ClusterRange[] {
  const ranges = parseRanges(text);
  if (ranges.length > 2) throw new Error(`length of clusterCIDRs is:${ranges.length} more than max allowed of 2`);
  const families = ranges.map(ipFamilyOf);
  if (ranges.length === 2 && families[0] === families[1])
    throw new Error(
      'len of ClusterCIDRs==2 and they are not configured as dual stack (at least one from each IPFamily)',
    );
  if (ranges.length === 2 && sizes.any > 0)
    throw new Error('usage of --node-cidr-mask-size is not allowed with dual-stack clusters');
  if (sizes.any > 0 && (sizes.IPv4 > 0 || sizes.IPv6 > 0))
    throw new Error(
      'usage of --node-cidr-mask-size-ipv4 and --node-cidr-mask-size-ipv6 is not allowed if --node-cidr-mask-size is set. For dual-stack clusters please unset it.',
    );
  const given = ([family, other]: readonly [IpFamily, IpFamily]): void => {
    if (ranges.length === 1 && families[0] === family && sizes[other] > 0) {
      const flag = `--node-cidr-mask-size-${other.toLowerCase()}`;
      throw new Error(`usage of ${flag} is not allowed for a single-stack ${family} cluster`);
    }
  };
  given(['IPv4', 'IPv6']);
  given(['IPv6', 'IPv4']);
  return ranges.map((whole) => {
    const family = ipFamilyOf(whole);
    const maskSize = sizes[family] || sizes.any || defaultMaskSizes[family];
    if (maskSize < whole.prefix || maskSize > whole.bits)
      throw new Error(
        `New CIDR set failed; the node CIDR size is too big: ${ipRangeText(whole)} holds no range of /${maskSize}`,
      );
    return { whole, maskSize };
  });
}

/** The first range of the given size inside `whole` that overlaps none in use; undefined when there is none left. */
export function firstFreeRange({ whole, maskSize }: ClusterRange, taken: readonly IpRange[]): IpRange | undefined {
  const { bits } = whole;
  const size = 1n << BigInt(bits - maskSize);
  const inside = taken.filter((range) => rangesOverlap(whole, range));
  const used = new Set(inside.filter(({ prefix }) => prefix === maskSize).map(({ first }) => first));
  const others = inside.filter(({ prefix }) => prefix !== maskSize);
  for (let first = whole.first; first + size - 1n <= whole.last; first += size) {
    if (used.has(first)) continue;
    const range = { bits, first, last: first + size - 1n, prefix: maskSize };
    if (!others.some((other) => rangesOverlap(range, other))) return range;
  }
  return undefined;
}

/** One range of each family for a node; undefined when one family has none left. */
export function nodeRanges(ranges: readonly ClusterRange[], taken: readonly IpRange[]): IpRange[] | undefined {
  const chosen = ranges.map((range) => firstFreeRange(range, taken));
  return chosen.every((range) => range !== undefined) ? chosen : undefined;
}
