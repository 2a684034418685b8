/** Chains of kube-proxy and the kubelet, and of our network add-on: nobody else gives chains such names. */
const ours = /^(KUBE|TYPERNETES)-/;

/**
 * What `iptables-restore --noflush` has to be given to take the cluster's rules and chains out of what `iptables-save` printed, and to leave
 * everybody else's alone; "" when there are none. Pure.
 */
export function withoutClusterRules(saved: string): string {
  let script = '';
  let table: string[] = [];
  for (const line of saved.split('\n')) {
    if (line.startsWith('*')) table = [line];
    else if (line === 'COMMIT') script += removalOf(table);
    else table.push(line);
  }
  return script;
}

function removalOf([name = '', ...lines]: readonly string[]): string {
  const chains = lines.flatMap((line) => /^:(\S+)/.exec(line)?.[1] ?? []).filter((chain) => ours.test(chain));
  if (chains.length === 0) return '';
  const jumps = lines.filter((line) => {
    const [, chain = '', target = ''] = /^-A (\S+) .*-[jg] (\S+)/.exec(line) ?? [];
    return !ours.test(chain) && ours.test(target);
  });
  return [
    name,
    // Said again, a chain is emptied: only empty ones that nobody leads to can be removed.
    ...chains.map((chain) => `:${chain} - [0:0]`),
    ...jumps.map((line) => line.replace(/^-A/, '-D')),
    ...chains.map((chain) => `-X ${chain}`),
    'COMMIT\n',
  ].join('\n');
}
