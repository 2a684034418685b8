/** The names of chains of kube-proxy, the kubelet and our network add-on. */
const ours = /^(KUBE|TYPERNETES)-/;

/**
 * The input for `iptables-restore --noflush` that removes the cluster's rules and chains from the output of `iptables-save`, and leaves
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
    // Declaring a chain again flushes it: only empty, unreferenced chains can be removed.
    ...chains.map((chain) => `:${chain} - [0:0]`),
    ...jumps.map((line) => line.replace(/^-A/, '-D')),
    ...chains.map((chain) => `-X ${chain}`),
    'COMMIT\n',
  ].join('\n');
}
