/** The rules of one table: our chains, in order, each with its rules (without `-A CHAIN`). */
export interface TableRules {
  readonly chains: ReadonlyMap<string, readonly string[]>;
}

/** All rules that kube-proxy wants. */
export interface Ruleset {
  readonly nat: TableRules;
  readonly filter: TableRules;
}

/** A rule in a built-in chain that jumps to one of ours. */
export interface Jump {
  readonly table: 'nat' | 'filter';
  readonly chain: string;
  readonly rule: string;
}

/** The jumps into our chains. */
export const jumps: readonly Jump[] = [
  { table: 'nat', chain: 'PREROUTING', rule: '-m comment --comment "kubernetes service portals" -j KUBE-SERVICES' },
  { table: 'nat', chain: 'OUTPUT', rule: '-m comment --comment "kubernetes service portals" -j KUBE-SERVICES' },
  {
    table: 'nat',
    chain: 'POSTROUTING',
    rule: '-m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING',
  },
  {
    table: 'filter',
    chain: 'INPUT',
    rule: '-m comment --comment "kubernetes externally-visible service portals" -m conntrack --ctstate NEW -j KUBE-EXTERNAL-SERVICES',
  },
  {
    table: 'filter',
    chain: 'FORWARD',
    rule: '-m comment --comment "kubernetes externally-visible service portals" -m conntrack --ctstate NEW -j KUBE-EXTERNAL-SERVICES',
  },
  {
    table: 'filter',
    chain: 'FORWARD',
    rule: '-m comment --comment "kubernetes service portals" -m conntrack --ctstate NEW -j KUBE-SERVICES',
  },
  {
    table: 'filter',
    chain: 'OUTPUT',
    rule: '-m comment --comment "kubernetes service portals" -m conntrack --ctstate NEW -j KUBE-SERVICES',
  },
  { table: 'filter', chain: 'FORWARD', rule: '-m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD' },
  ...(['INPUT', 'OUTPUT', 'FORWARD'] as const).map((chain) => ({
    table: 'filter' as const,
    chain,
    rule: '-m comment --comment "kubernetes load balancer firewall" -m conntrack --ctstate NEW -j KUBE-PROXY-FIREWALL',
  })),
];

/** Chains that other chains or jumps refer to: never deleted, only emptied. */
export const permanentChains: Readonly<Record<keyof Ruleset, readonly string[]>> = {
  nat: ['KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-POSTROUTING', 'KUBE-MARK-MASQ'],
  filter: ['KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES', 'KUBE-NODEPORTS', 'KUBE-FORWARD', 'KUBE-PROXY-FIREWALL'],
};

/**
 * Input for `iptables-restore --noflush` that turns `applied` into `wanted`: changed chains are rewritten, new ones
 * created, vanished ones emptied and deleted. Undefined when nothing differs. Naming a chain flushes it, so unchanged
 * chains are not named. They are named in the order of their names: iptables-nft keeps a sorted list, where the place of each is
 * searched from one end, and 12,000 chains in the order of hashes cost it 12 s instead of 2.
 */
export function restoreInput(wanted: Ruleset, applied: Ruleset | undefined): string | undefined {
  const sections = (['filter', 'nat'] as const).flatMap((table) => {
    const section = tableSection(wanted[table].chains, applied?.[table].chains);
    return section ? [`*${table}\n${section}COMMIT\n`] : [];
  });
  return sections.length > 0 ? sections.join('') : undefined;
}

function tableSection(
  wanted: ReadonlyMap<string, readonly string[]>,
  applied: ReadonlyMap<string, readonly string[]> | undefined,
): string {
  const changed = [...wanted]
    .filter(([chain, rules]) => !sameRules(rules, applied?.get(chain)))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const vanished = [...(applied?.keys() ?? [])].filter((chain) => !wanted.has(chain));
  let text = '';
  for (const [chain] of changed) text += `:${chain} - [0:0]\n`;
  for (const chain of vanished) text += `:${chain} - [0:0]\n`;
  for (const [chain, rules] of changed) for (const rule of rules) text += `-A ${chain} ${rule}\n`;
  for (const chain of vanished) text += `-X ${chain}\n`;
  return text;
}

function sameRules(a: readonly string[], b: readonly string[] | undefined): boolean {
  return a === b || (b !== undefined && a.length === b.length && a.every((rule, i) => rule === b[i]));
}
