import { type IpFamily, type IpRange, ipFamilyOf, ipRangeText, parseIpRange } from '@typernetes/base';
import { invalid, subdomainProblems } from './field-problems.ts';
import type { ClusterConfig } from './internal.ts';

/** Upstream's limits. */
const smallest = { services: 10, pods: 2 } as const;
const serviceBits = 20;
const mostNodeBits = 16;
const nodeMasks: Readonly<Record<IpFamily, number>> = { IPv4: 24, IPv6: 64 };
const familiesMessage = 'expected one (IPv4 or IPv6) CIDR or two CIDRs from each family for dual-stack networking';

/** The subnets of pods and Services: one range, or one of each address family. */
export function networkingProblems(cluster: ClusterConfig): string[] {
  const { dnsDomain, serviceSubnet, podSubnet } = cluster;
  return [
    ...subdomainProblems(dnsDomain, 'networking.dnsDomain'),
    ...(serviceSubnet === '' ? [] : serviceProblems(serviceSubnet)),
    ...(podSubnet === '' ? [] : podProblems(podSubnet, cluster)),
  ];
}

function serviceProblems(text: string): string[] {
  const field = 'networking.serviceSubnet';
  const ranges = parse(text);
  if (!ranges) return [invalid(field, text, "couldn't parse subnet")];
  const tooLarge = ranges.flatMap((range) => {
    const most = range.bits - serviceBits;
    if (range.prefix >= most) return [];
    const detail = `specified service subnet is too large; for ${range.bits}-bit addresses, the mask must be >= ${most}`;
    return [invalid(field, ipRangeText(range), detail)];
  });
  return [...rangeProblems(ranges, { field, text, least: smallest.services }), ...tooLarge];
}

function podProblems(text: string, { controllerManager }: ClusterConfig): string[] {
  const field = 'networking.podSubnet';
  const ranges = parse(text);
  if (!ranges) return [invalid(field, text, "couldn't parse subnet")];
  const problems = rangeProblems(ranges, { field, text, least: smallest.pods });
  const argument = (name: string): string | undefined =>
    controllerManager.extraArgs.findLast((each) => each.name === name)?.value;
  if (argument('allocate-node-cidrs') === 'false') return problems;
  for (const range of ranges) {
    const family = ipFamilyOf(range);
    const flag = `node-cidr-mask-size-${family.toLowerCase()}`;
    const given = argument(flag);
    const mask = given ? (/^[+-]?\d+$/.test(given) ? Number(given) : Number.NaN) : nodeMasks[family];
    const shown = ipRangeText(range);
    if (!Number.isInteger(mask)) {
      const detail = `could not parse the value of the kube-controller-manager flag ${flag} as an integer: strconv.Atoi: parsing ${JSON.stringify(given)}: invalid syntax`;
      problems.push(invalid(field, shown, detail));
    } else if (range.prefix > mask) {
      const detail = `the size of pod subnet with mask ${range.prefix} is smaller than the size of node subnet with mask ${mask}`;
      problems.push(invalid(field, shown, detail));
    } else if (mask - range.prefix > mostNodeBits) {
      const detail = `pod subnet mask (${range.prefix}) and node-mask (${mask}) difference is greater than ${mostNodeBits}`;
      problems.push(invalid(field, shown, detail));
    }
  }
  return problems;
}

function parse(text: string): readonly IpRange[] | undefined {
  const ranges = text.split(',').map((part) => parseIpRange(part));
  return ranges.every((range) => range !== undefined) ? ranges : undefined;
}

function rangeProblems(
  ranges: readonly IpRange[],
  { field, text, least }: { field: string; text: string; least: number },
): string[] {
  const [first, second] = ranges;
  const sameFamily = ranges.length > 2 || (second !== undefined && first?.bits === second.bits);
  const tooSmall = ranges.flatMap((range) => {
    const size = range.last - range.first + 1n;
    if (size >= BigInt(least)) return [];
    return [
      invalid(field, ipRangeText(range), `subnet with ${size} address(es) is too small, the minimum is ${least}`),
    ];
  });
  return [...(sameFamily ? [invalid(field, text, familiesMessage)] : []), ...tooSmall];
}

/** Warns of ranges that contain deprecated IPv6 site-local addresses. */
export function networkingWarnings({ serviceSubnet, podSubnet }: ClusterConfig): string[] {
  const siteLocal = parseIpRange('fec0::/10');
  return [serviceSubnet, podSubnet]
    .flatMap((text) => (text === '' ? [] : (parse(text) ?? [])))
    .filter(
      (range) =>
        siteLocal && range.bits === siteLocal.bits && range.first <= siteLocal.last && siteLocal.first <= range.last,
    )
    .map(
      (range) =>
        `the subnet ${ipRangeText(range)} contains IPv6 site-local addresses that belong to fec0::/10 which has been deprecated by rfc3879`,
    );
}
