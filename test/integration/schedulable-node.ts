import { type Node, nodes } from '@typernetes/api/core/v1';
import type { ApiClient } from '@typernetes/client';

/** A node that could run pods, as a kubelet would register it. */
export async function addNode(client: ApiClient, name: string, cpu = '4'): Promise<void> {
  const resource = client.resource<Node>(nodes);
  await resource.create({ metadata: { name, labels: { 'kubernetes.io/hostname': name } }, spec: {} });
  const amounts = { cpu, memory: '8Gi', pods: '110' };
  await resource.patch(
    { name },
    { status: { capacity: amounts, allocatable: amounts } },
    { type: 'merge', subresource: 'status' },
  );
  await resource.patch({ name }, { spec: { taints: null } }, { type: 'merge' }); // nothing here reports that it is ready
}
