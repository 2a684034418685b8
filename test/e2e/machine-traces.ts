import type { Shell } from '../walkthrough/walkthrough.ts';

/**
 * What a node has that a machine without a cluster has not, a line each: files, links, routes, packet rules, mounts. Logs stay for whoever wants
 * to know what was, and so do images, which are the runtime's; homes of other installations are this host's.
 */
export async function tracesInMachine(machine: Shell): Promise<readonly string[]> {
  const traces = await machine.run(script);
  return traces.split('\n').sort();
}

/** In what two looks differ. */
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
