import { leases } from '@typernetes/api/coordination/v1';
import { type Node, type NodeSystemInfo, type Pod, pods, type Taint } from '@typernetes/api/core/v1';
import { messageOf } from '@typernetes/base';
import {
  addQuantities,
  formatQuantity,
  humanDuration,
  isForbidden,
  isNotFound,
  milliValue,
  parseQuantity,
  zeroQuantity,
} from '@typernetes/machinery';
import type { Describer } from './describer.ts';
import type { Description } from './description.ts';
import { longTime } from './times.ts';

export const describeNode: Describer<Node> = async (node, text, { client, clock }) => {
  const { metadata, spec = {}, status = {} } = node;
  const rolePrefix = 'node-role.kubernetes.io/';
  const roles = Object.keys(metadata.labels ?? {})
    .filter((l) => l.startsWith(rolePrefix))
    .map((l) => l.slice(rolePrefix.length));
  text.line(0, 'Name:', metadata.name);
  text.line(0, 'Roles:', roles.sort().join(',') || '<none>');
  text.pairs(0, 'Labels:', metadata.labels);
  text.annotations(0, metadata.annotations);
  text.line(0, 'CreationTimestamp:', longTime(metadata.creationTimestamp));
  // By effect, then by key.
  const order = ({ effect, key }: Taint): string => `${effect},${key}`;
  const sorted = (spec.taints ?? []).toSorted((a, b) => (order(a) < order(b) ? -1 : 1));
  const taints = sorted.map(({ key, value, effect }) => `${key}${value ? `=${value}` : ''}:${effect}`);
  for (const [i, taint] of (taints.length > 0 ? taints : ['<none>']).entries())
    text.line(0, i === 0 ? 'Taints:' : '', taint);
  text.line(0, 'Unschedulable:', String(spec.unschedulable ?? false));
  const lease = await client
    .resource(leases)
    .get({ name: metadata.name, namespace: 'kube-node-lease' })
    .catch((error: unknown) => {
      if (isNotFound(error) || isForbidden(error)) return messageOf(error);
      throw error;
    });
  if (typeof lease === 'string') text.line(0, 'Lease:', `Failed to get lease: ${lease}`);
  else {
    text.line(0, 'Lease:');
    text.line(1, 'HolderIdentity:', lease.spec?.holderIdentity ?? '<unset>');
    text.line(1, 'AcquireTime:', lease.spec?.acquireTime ? longTime(lease.spec.acquireTime) : '<unset>');
    text.line(1, 'RenewTime:', lease.spec?.renewTime ? longTime(lease.spec.renewTime) : '<unset>');
  }
  if (status.conditions?.length) {
    text.line(0, 'Conditions:');
    text.line(1, 'Type', 'Status', 'LastHeartbeatTime', 'LastTransitionTime', 'Reason', 'Message');
    text.line(1, '----', '------', '-----------------', '------------------', '------', '-------');
    for (const c of status.conditions) {
      // Upstream's cells end in a blank here.
      const cells = [c.type, c.status, longTime(c.lastHeartbeatTime), longTime(c.lastTransitionTime), c.reason ?? ''];
      text.line(1, ...cells.map((cell) => `${cell} `), c.message ?? '');
    }
  }
  text.line(0, 'Addresses:');
  for (const { type, address } of status.addresses ?? []) text.line(1, `${type}:`, address);
  amounts(text, 'Capacity:', status.capacity);
  amounts(text, 'Allocatable:', status.allocatable);
  const info: Partial<NodeSystemInfo> = status.nodeInfo ?? {};
  text.line(0, 'System Info:');
  text.line(1, 'Machine ID:', info.machineID ?? '');
  text.line(1, 'System UUID:', info.systemUUID ?? '');
  text.line(1, 'Boot ID:', info.bootID ?? '');
  text.line(1, 'Kernel Version:', info.kernelVersion ?? '');
  text.line(1, 'OS Image:', info.osImage ?? '');
  text.line(1, 'Operating System:', info.operatingSystem ?? '');
  text.line(1, 'Architecture:', info.architecture ?? '');
  text.line(1, 'Container Runtime Version:', info.containerRuntimeVersion ?? '');
  text.line(1, 'Kubelet Version:', info.kubeletVersion ?? '');
  text.line(1, 'Kube-Proxy Version:', info.kubeProxyVersion ?? '');
  if (spec.podCIDR) text.line(0, 'PodCIDR:', spec.podCIDR);
  if (spec.podCIDRs) text.line(0, 'PodCIDRs:', spec.podCIDRs.join(','));
  if (spec.providerID) text.line(0, 'ProviderID:', spec.providerID);
  const { items } = await client.resource(pods).list({
    fieldSelector: `spec.nodeName=${metadata.name},status.phase!=Succeeded,status.phase!=Failed`,
  });
  const { capacity = {}, allocatable = {} } = status;
  const room = Object.keys(allocatable).length > 0 ? allocatable : capacity;
  describePods(text, { items, allocatable: room, now: clock.now() });
};

function amounts(text: Description, title: string, quantities: Readonly<Record<string, string>> | undefined): void {
  if (!quantities || Object.keys(quantities).length === 0) return;
  text.line(0, title);
  for (const [name, amount] of Object.entries(quantities).sort()) text.line(1, `${name}:`, amount);
}

const columns = [
  { name: 'cpu', list: 'requests' },
  { name: 'cpu', list: 'limits' },
  { name: 'memory', list: 'requests' },
  { name: 'memory', list: 'limits' },
] as const;

const standard = ['cpu', 'memory', 'ephemeral-storage'];

function describePods(
  text: Description,
  of: { items: readonly Pod[]; allocatable: Readonly<Record<string, string>>; now: number },
): void {
  const { items, allocatable, now } = of;
  const share = (name: string, amount: string): string => {
    const total = milliValue(parseQuantity(allocatable[name] ?? '0'));
    const part = total === 0 ? 0 : (milliValue(parseQuantity(amount)) * 100) / total;
    return `${amount} (${Math.floor(part)}%)`;
  };
  text.line(0, 'Non-terminated Pods:', `(${items.length} in total)`);
  text.line(1, 'Namespace', 'Name', '', 'CPU Requests', 'CPU Limits', 'Memory Requests', 'Memory Limits', 'Age');
  text.line(1, '---------', '----', '', '------------', '----------', '---------------', '-------------', '---');
  for (const pod of items) {
    const shares = columns.map(({ name, list }) => share(name, total([pod], { name, list })));
    text.line(
      1,
      pod.metadata.namespace ?? '',
      pod.metadata.name,
      '',
      ...shares,
      humanDuration(now - Date.parse(pod.metadata.creationTimestamp)),
    );
  }
  text.line(0, 'Allocated resources:');
  text.line(1, '(Total limits may be over 100 percent, i.e., overcommitted.)');
  text.line(1, 'Resource', 'Requests', 'Limits');
  text.line(1, '--------', '--------', '------');
  const others = Object.keys(allocatable)
    .filter((name) => name !== 'pods' && !standard.includes(name))
    .sort();
  const isHugePages = (name: string): boolean => name.startsWith('hugepages-');
  for (const name of [...standard, ...others.filter(isHugePages)]) {
    text.line(
      1,
      name,
      share(name, total(items, { name, list: 'requests' })),
      share(name, total(items, { name, list: 'limits' })),
    );
  }
  // Devices and the like, without a share.
  for (const name of others.filter((name) => !isHugePages(name)))
    text.line(1, name, total(items, { name, list: 'requests' }), total(items, { name, list: 'limits' }));
}

function total(items: readonly Pod[], { name, list }: { name: string; list: 'requests' | 'limits' }): string {
  let sum = zeroQuantity;
  for (const { spec } of items) {
    for (const { resources } of spec.containers)
      sum = addQuantities(sum, parseQuantity(resources?.[list]?.[name] ?? '0'));
  }
  return formatQuantity(sum);
}
