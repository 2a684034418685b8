import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Node, nodes, type Pod, pods, serviceaccounts } from '@typernetes/api/core/v1';
import type { ApiClient } from '@typernetes/client';
import { eventually, withApi } from './api.ts';
import { beside, scheduler } from './control-plane.ts';

/** A node that could run pods, as a kubelet would register it. */
async function addNode(client: ApiClient, name: string, cpu = '4'): Promise<void> {
  const resource = client.resource<Node>(nodes);
  await resource.create({ metadata: { name, labels: { 'kubernetes.io/hostname': name } }, spec: {} });
  const amounts = { cpu, memory: '8Gi', pods: '110' };
  await resource.patch(
    { name },
    { status: { capacity: amounts, allocatable: amounts } },
    { type: 'merge', subresource: 'status' },
  );
  await resource.patch({ name }, { spec: { taints: null } }, { type: 'merge' }); // nobody here says that it is ready
}

const draft = (name: string, cpu: string) => ({
  metadata: { name, namespace: 'default' },
  spec: { containers: [{ name: 'main', image: 'nginx', resources: { requests: { cpu } } }] },
});

test('pods get nodes, those that fit nowhere say why and go as soon as there is room', async () => {
  await withApi(async (client) => {
    await addNode(client, 'node-1', '1');
    await client.resource(serviceaccounts).create({ metadata: { namespace: 'default', name: 'default' } });
    await beside([scheduler(client)], async () => {
      const resource = client.resource<Pod>(pods);
      await resource.create(draft('small', '500m'));
      await resource.create(draft('large', '2'));
      const small = await eventually(async () => {
        const pod = await resource.get({ namespace: 'default', name: 'small' });
        return pod.spec.nodeName ? pod : undefined;
      });
      assert.equal(small.spec.nodeName, 'node-1');
      assert.equal(small.status?.conditions?.find((c) => c.type === 'PodScheduled')?.status, 'True');
      const refused = await eventually(async () => {
        const pod = await resource.get({ namespace: 'default', name: 'large' });
        return pod.status?.conditions?.find((c) => c.type === 'PodScheduled');
      });
      assert.deepEqual(
        [refused.status, refused.reason, refused.message],
        ['False', 'Unschedulable', '0/1 nodes are available: 1 Insufficient cpu.'],
      );
      await addNode(client, 'node-2', '4');
      await eventually(
        async () =>
          (await resource.get({ namespace: 'default', name: 'large' })).spec.nodeName === 'node-2' || undefined,
      );
    });
  });
});
