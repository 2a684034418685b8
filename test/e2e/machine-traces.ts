import type { Shell } from '../walkthrough/walkthrough.ts';

/**
 * What a node has and a machine without a cluster has not, one line each: files, links, routes, packet rules, mounts.
 * Left out are logs, which are kept on purpose, images, which belong to the runtime, and homes of other installations,
 * which belong to this host.
 */
export async function tracesInMachine(machine: Shell): Promise<readonly string[]> {
  const traces = await machine.run(script);
  return traces.split('\n').sort();
}

/** The lines that differ. */
export const differences = (before: readonly string[], after: readonly string[]) => ({
  more: after.filter((line) => !before.includes(line)),
  less: before.filter((line) => !after.includes(line)),
});

export const noDifferences = { more: [], less: [] };

const script = `
find /etc /opt/cni /var/lib -path '/var/lib/typernetes-*' -prune -o -path /var/lib/containerd -prune -o -path /var/lib/systemd -prune -o ! -type d -print
ip -o link | cut -d: -f2 | cut -d@ -f1
ip route; ip -6 route | grep -v ^fe80
for program in iptables ip6tables; do $program-save | grep -e ^-A -e '^:.* - '; done
cut -d' ' -f2 /proc/self/mounts
true`;
