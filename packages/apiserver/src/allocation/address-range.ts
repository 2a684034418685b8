import { type IpFamily, ipAddressText, ipFamilyOf, ipRangeText, parseIpAddress, parseIpRange } from '@typernetes/base';

/** The cluster IP range of one family. */
export interface AddressRange {
  readonly text: string;
  readonly family: IpFamily;
  readonly bits: 32 | 128;
  /** Excludes the network address, and IPv4's broadcast address. */
  readonly first: bigint;
  readonly last: bigint;
}

/** Parses `a.b.c.d/n,e::/m`; undefined when a range is invalid or too small. */
export function parseAddressRanges(text: string): readonly AddressRange[] | undefined {
  const ranges = text.split(',').map((part) => {
    const range = parseIpRange(part.trim());
    if (!range || range.bits - range.prefix < 2) return undefined;
    const { bits, first, last } = range;
    const family = ipFamilyOf(range);
    return { text: ipRangeText(range), family, bits, first: first + 1n, last: bits === 32 ? last - 1n : last };
  });
  return ranges.every((range) => range !== undefined) ? ranges : undefined;
}

/** Whether the address is in the range, including addresses that are never allocated. */
export function isCoveredBy(text: string, { bits, first, last }: AddressRange): boolean {
  const address = parseIpAddress(text);
  return address?.bits === bits && address.value >= first - 1n && address.value <= (bits === 32 ? last + 1n : last);
}

/** The first usable address of ranges, which is the `kubernetes` Service's; empty for no ranges. */
export function firstAddressOf(text: string): string {
  const [range] = parseAddressRanges(text) ?? [];
  return range ? ipAddressText({ bits: range.bits, value: range.first }) : '';
}

/** The problems with `--service-cluster-ip-range`, in upstream's words. */
export function rangeProblems(text: string): string[] {
  const ranges = parseAddressRanges(text);
  if (!ranges) return ['service-cluster-ip-range is not a valid cidr'];
  if (ranges.length > 2) return ['--service-cluster-ip-range must not contain more than two entries'];
  const [primary, secondary] = ranges;
  if (primary?.family === secondary?.family)
    return ['--service-cluster-ip-range[0] and --service-cluster-ip-range[1] must be of different IP family'];
  return [];
}

/** The canonical form of an address; undefined for an invalid one. */
export function canonicalIp(text: string): string | undefined {
  const address = parseIpAddress(text);
  return address && ipAddressText(address);
}
