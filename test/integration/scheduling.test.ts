import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Node, nodes, type Pod, pods, serviceaccounts } from '@typernetes/api/core/v1';
import { runAll, systemClock, systemRandom } from '@typernetes/base';
import { silentLogger } from '@typernetes/base/testing';
import { type ApiClient, eventRecorder, sharedInformers } from '@typernetes/client';
import { defaultPlugins, Scheduler } from '@typernetes/scheduler';
import { eventually, withApi } from './api.ts';

/** A node that could run pods, as a kubelet would register it. */
async function addNode(client: ApiClient, name: string, cpu = '4'): Promise<void> {
  const resource = client.resource<Node>(nodes);
  await resource.create({ metadata: { name, labels: { 'kubernetes.io/hostname': name } }, spec: {} });
  // Admission taints every new node until its kubelet reports; the node-lifecycle controller is not here to take it away.
  const open = await resource.patch({ name }, { spec: { taints: null } }, { type: 'merge' });
  const amounts = { cpu, memory: '8Gi', pods: '110' };
  await resource.updateStatus({ ...open, status: { capacity: amounts, allocatable: amounts } });
}

async function withScheduler(client: ApiClient, run: () => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const informers = sharedInformers({ client, log: silentLogger });
  const events = eventRecorder({ client, component: 'default-scheduler', clock: systemClock, log: silentLogger });
  const profiles = [{ schedulerName: 'default-scheduler', plugins: defaultPlugins }];
  const scheduler = new Scheduler(profiles, {
    client,
    informers,
    events,
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
  });
  const running = runAll([informers, scheduler], stop.signal);
  try {
    await run();
  } finally {
    stop.abort();
    await running;
    await events.flush();
  }
}

const draft = (name: string, cpu: string) => ({
  metadata: { name, namespace: 'default' },
  spec: { containers: [{ name: 'main', image: 'nginx', resources: { requests: { cpu } } }] },
});

test('pods get nodes, those that fit nowhere say why and go as soon as there is room', async () => {
  await withApi(async (client) => {
    await client.resource(serviceaccounts).create({ metadata: { name: 'default', namespace: 'default' } });
    await addNode(client, 'node-1', '1');
    await withScheduler(client, async () => {
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
