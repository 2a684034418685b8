import { type IpFamily, ipFamilyOf, parseIpAddress, parseIpRange } from '@typernetes/base';

/** Addresses of this node on which node ports may answer. */
interface MachineAddresses {
  /** Addresses of its interfaces. */
  readonly local: readonly string[];
  /** Internal addresses of its Node object. */
  readonly primary: readonly string[];
}

/** The value of nodePortAddresses that means the node's own addresses. */
export const primaryAddresses = 'primary';

/** The addresses of a family on which node ports answer; undefined: every local one. */
export function nodePortAddresses(
  ranges: readonly string[],
  family: IpFamily,
  { local, primary }: MachineAddresses,
): readonly string[] | undefined {
  const ofFamily = (text: string): boolean => {
    const address = parseIpAddress(text);
    return address !== undefined && ipFamilyOf(address) === family;
  };
  if (ranges.length === 1 && ranges[0] === primaryAddresses) return primary.filter(ofFamily);
  const parsed = ranges.flatMap((text) => parseIpRange(text) ?? []);
  const own = parsed.filter((range) => ipFamilyOf(range) === family);
  // As upstream: a family without a range, or with a range that covers all of it, is not restricted.
  if (own.length === 0 || own.some(({ prefix }) => prefix === 0)) return undefined;
  return local.filter((text) => {
    const address = parseIpAddress(text);
    return (
      address !== undefined &&
      own.some(({ bits, first, last }) => bits === address.bits && address.value >= first && address.value <= last)
    );
  });
}

/** Problems of the ranges, with upstream's messages. */
export function nodePortAddressProblems(ranges: readonly string[]): string[] {
  const path = 'KubeProxyConfiguration.NodePortAddresses';
  if (ranges.includes(primaryAddresses))
    return ranges.length === 1
      ? []
      : ranges.flatMap((text, i) =>
          text === primaryAddresses
            ? [`${path}[${i}]: Invalid value: "${text}": can't use both 'primary' and CIDRs`]
            : [],
        );
  return ranges.flatMap((text, i) =>
    parseIpRange(text)
      ? []
      : [`${path}[${i}]: Invalid value: "${text}": must be a valid CIDR block, (e.g. 10.9.8.0/24 or 2001:db8::/64)`],
  );
}
