import { permanentChains } from './ruleset.ts';

const perService = /^KUBE-(?:SVC|SVL|EXT|SEP|FW)-[A-Z2-7]+$/;

/**
 * Input for `iptables-restore --noflush` that removes kube-proxy's jumps and then its chains from a table. `saved` is
 * the output of `iptables-save -t TABLE`. Undefined when there are none. Chains of others stay, among them the
 * kubelet's.
 */
export function removalInput(table: 'nat' | 'filter', saved: string): string | undefined {
  const lines = saved.split('\n');
  const isOurs = (chain: string): boolean => permanentChains[table].includes(chain) || perService.test(chain);
  const chains = lines.flatMap((line) => {
    const [, chain = ''] = /^:(\S+) /.exec(line) ?? [];
    return isOurs(chain) ? [chain] : [];
  });
  if (chains.length === 0) return undefined;
  const jumps = lines.flatMap((line) => {
    const [, from = '', rule = '', to = ''] = /^-A (\S+) (.* -[jg] (\S+).*)$/.exec(line) ?? [];
    return isOurs(to) && !isOurs(from) ? [`-D ${from} ${rule}\n`] : [];
  });
  const flushed = chains.map((chain) => `:${chain} - [0:0]\n`);
  const deleted = chains.map((chain) => `-X ${chain}\n`);
  return `*${table}\n${[...flushed, ...jumps, ...deleted].join('')}COMMIT\n`;
}
