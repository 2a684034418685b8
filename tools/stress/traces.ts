/**
 * Prints what pods may leave on a machine, one line each: sandboxes and containers, mounts, cgroups, network
 * namespaces, links, addresses, packet rules of ports and Services, directories. The look taken before shows what the
 * node has without pods of users. Shims are containerd's: one that was killed while it created a container leaves that
 * container's shim behind.
 */
export const tracesScript = `
ctr -n k8s.io containers list -q
ctr -n k8s.io tasks list -q
cut -d' ' -f2 /proc/self/mounts | grep -e /var/lib/kubelet -e /run/netns -e /run/containerd
find /sys/fs/cgroup -path '*kubepods*' -type d | grep -v /cpuset/
ls /run/netns 2>/dev/null
ip -o link | cut -d: -f2 | cut -d@ -f1 | sed 's/^ *//'
find /var/lib/cni/networks -type f ! -name lock ! -name 'last_reserved*'
find /var/lib/kubelet/pods /var/log/pods -mindepth 1 -maxdepth 1
find /var/log/containers -mindepth 1
for program in iptables ip6tables; do $program-save | grep -e ^-A -e '^:.* - ' | sed 's/\\[.*//' | grep -v -e KUBE-SEP -e KUBE-SVC; done
ps -eo comm | grep pause | sort | uniq -c
true`;

/** Lines that were added and removed. */
export function differencesOf(before: string, after: string): readonly string[] {
  const [was, is] = [before, after].map((text) => new Set(text.split('\n')));
  return [
    ...[...(is ?? [])].filter((line) => !was?.has(line)).map((line) => `left: ${line}`),
    ...[...(was ?? [])].filter((line) => !is?.has(line)).map((line) => `lost: ${line}`),
  ];
}
