import { type IpFamily, ipFamilyOf, parseIpAddress, parseIpRange } from '@typernetes/base';

/** Addresses of this machine and of its node, by which node ports may be reached. */
export interface MachineAddresses {
  /** Of its interfaces. */
  readonly local: readonly string[];
  /** That its node names as internal. */
  readonly primary: readonly string[];
}

/** What the configuration's nodePortAddresses mean by "the node's own". */
const primaryKeyword = 'primary';

/** Which addresses of a family answer node ports; undefined for every local one. */
export function nodePortAddresses(
  ranges: readonly string[],
  family: IpFamily,
  { local, primary }: MachineAddresses,
): readonly string[] | undefined {
  const ofFamily = (text: string): boolean => {
    const address = parseIpAddress(text);
    return address !== undefined && ipFamilyOf(address) === family;
  };
  if (ranges.length === 1 && ranges[0] === primaryKeyword) return primary.filter(ofFamily);
  const parsed = ranges.flatMap((text) => parseIpRange(text) ?? []);
  const own = parsed.filter((range) => ipFamilyOf(range) === family);
  // As upstream: a family that no range is of, or that one range is all of, is not restricted.
  if (own.length === 0 || own.some(({ prefix }) => prefix === 0)) return undefined;
  return local.filter((text) => {
    const address = parseIpAddress(text);
    return (
      address !== undefined &&
      own.some(({ bits, first, last }) => bits === address.bits && address.value >= first && address.value <= last)
    );
  });
}

/** What is wrong with them, in upstream's words. */
export function nodePortAddressProblems(ranges: readonly string[]): string[] {
  const path = 'KubeProxyConfiguration.NodePortAddresses';
  if (ranges.includes(primaryKeyword))
    return ranges.length === 1
      ? []
      : ranges.flatMap((text, i) =>
          text === primaryKeyword
            ? [`${path}[${i}]: Invalid value: "${text}": can't use both 'primary' and CIDRs`]
            : [],
        );
  return ranges.flatMap((text, i) =>
    parseIpRange(text)
      ? []
      : [`${path}[${i}]: Invalid value: "${text}": must be a valid CIDR block, (e.g. 10.9.8.0/24 or 2001:db8::/64)`],
  );
}
