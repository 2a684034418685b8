import type { IpFamily } from '@typernetes/base';
import type { FamilyPlan } from './plan.ts';

const chain = 'TYPERNETES-MASQ';
const multicast: Readonly<Record<IpFamily, string>> = { IPv4: '224.0.0.0/4', IPv6: 'ff00::/8' };

/** The jump into our chain. */
export const masqueradeJump = {
  chain: 'POSTROUTING',
  rule: ['-m', 'comment', '--comment', 'pod traffic leaving the cluster', '-j', chain],
} as const;

/**
 * Input for `iptables-restore --noflush` or its IPv6 counterpart: masquerades traffic of pods to anything but pods and
 * multicast.
 */
export function masqueradeRules(plan: Omit<FamilyPlan, 'routes'>): string {
  const rules = [
    `-A ${chain} ! -s ${plan.ownRange} -j RETURN`,
    ...plan.podRanges.map((range) => `-A ${chain} -d ${range} -j RETURN`),
    `-A ${chain} -d ${multicast[plan.family]} -j RETURN`,
    `-A ${chain} -j MASQUERADE --random-fully`,
  ];
  return `*nat\n:${chain} - [0:0]\n${rules.join('\n')}\nCOMMIT\n`;
}
