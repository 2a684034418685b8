import type { Shell } from '../walkthrough/walkthrough.ts';

/**
 * What a node has that a machine without a cluster has not: files, links, routes, packet rules, mounts. Logs stay for whoever wants to know what
 * was, and so do images, which are the runtime's; homes of other installations are this host's.
 */
export const tracesInMachine = (machine: Shell): Promise<string> =>
  machine.run(`
find /etc /opt/cni /var/lib -path '/var/lib/typernetes-*' -prune -o -path /var/lib/containerd -prune -o -path /var/lib/systemd -prune -o ! -type d -print | sort
ip -o link | cut -d: -f2
ip route; ip -6 route | grep -v ^fe80
for program in iptables ip6tables; do $program-save | grep -e ^-A -e '^:.* - '; done
cut -d' ' -f2 /proc/self/mounts | sort
true`);
