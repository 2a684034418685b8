import type { NetworkPlan } from './plan.ts';

const chain = 'TYPERNETES-MASQ';

/** The jump into our chain. */
export const masqueradeJump = {
  chain: 'POSTROUTING',
  rule: ['-m', 'comment', '--comment', 'pod traffic leaving the cluster', '-j', chain],
} as const;

/** Input for `iptables-restore --noflush`: pods' traffic to anywhere but pods and multicast leaves with the node's address. */
export function masqueradeRules(plan: Pick<NetworkPlan, 'ownRange' | 'podRanges'>): string {
  const rules = [
    `-A ${chain} ! -s ${plan.ownRange} -j RETURN`,
    ...plan.podRanges.map((range) => `-A ${chain} -d ${range} -j RETURN`),
    `-A ${chain} -d 224.0.0.0/4 -j RETURN`,
    `-A ${chain} -j MASQUERADE --random-fully`,
  ];
  return `*nat\n:${chain} - [0:0]\n${rules.join('\n')}\nCOMMIT\n`;
}
