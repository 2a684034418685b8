import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Event,
  events,
  type PersistentVolumeClaim,
  type Pod,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
  serviceaccounts,
} from '@typernetes/api/core/v1';
import { priorityclasses } from '@typernetes/api/scheduling/v1';
import { storageclasses } from '@typernetes/api/storage/v1';
import type { ApiClient } from '@typernetes/client';
import { eventually, withApi } from './api.ts';
import { beside, scheduler } from './control-plane.ts';
import { addNode } from './schedulable-node.ts';

const draft = (name: string, cpu: string) => ({
  metadata: { name, namespace: 'default' },
  spec: { containers: [{ name: 'main', image: 'nginx', resources: { requests: { cpu } } }] },
});

test('pods get nodes; pods that fit nowhere say why, and are scheduled as soon as there is room', async () => {
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
        [
          'False',
          'Unschedulable',
          '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
        ],
      );
      // A rejection by an earlier plugin ends the attempt: there is no preemption.
      const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: 'absent' } }];
      const { metadata, spec } = draft('claiming', '100m');
      await resource.create({ metadata, spec: { ...spec, volumes } });
      const claiming = await eventually(async () => {
        const pod = await resource.get({ namespace: 'default', name: 'claiming' });
        return pod.status?.conditions?.find((c) => c.type === 'PodScheduled');
      });
      assert.equal(claiming.message, '0/1 nodes are available: persistentvolumeclaim "absent" not found. not found');
      await addNode(client, 'node-2', '4');
      await eventually(
        async () =>
          (await resource.get({ namespace: 'default', name: 'large' })).spec.nodeName === 'node-2' || undefined,
      );
    });
  });
});

/** Runs an API server, a scheduler and a node of each of these names, with 1 CPU. */
async function withNodes(names: readonly string[], use: (client: ApiClient) => Promise<void>): Promise<void> {
  await withApi(async (client) => {
    for (const name of names) await addNode(client, name, '1');
    await client.resource(serviceaccounts).create({ metadata: { namespace: 'default', name: 'default' } });
    await beside([scheduler(client)], () => use(client));
  });
}

const ref = (name: string) => ({ namespace: 'default', name });

const nodeOf = (client: ApiClient, name: string): Promise<string> =>
  eventually(async () => (await client.resource<Pod>(pods).get(ref(name))).spec.nodeName);

test('a pod of higher priority preempts the least important one', async () => {
  await withNodes(['node-1', 'node-2'], async (client) => {
    const api = client.resource<Pod>(pods);
    for (const [name, value] of Object.entries({ low: 10, high: 1000 }))
      await client.resource(priorityclasses).create({ metadata: { name }, value });
    const withClass = (name: string, priorityClassName: string) => {
      const { metadata, spec } = draft(name, '800m');
      return { metadata, spec: { ...spec, priorityClassName, terminationGracePeriodSeconds: 0 } };
    };
    await api.create(withClass('one', 'low'));
    await api.create(withClass('two', 'high'));
    await Promise.all([nodeOf(client, 'one'), nodeOf(client, 'two')]);
    const node = await nodeOf(client, 'one');
    const preemptor = await api.create(withClass('three', 'high'));
    assert.equal(await nodeOf(client, 'three'), node);
    const event = await eventually(async () => {
      const { items } = await client.resource<Event>(events).list({ namespace: 'default' });
      return items.find(({ reason }) => reason === 'Preempted');
    });
    assert.deepEqual(
      [event.involvedObject.name, event.message],
      ['one', `Preempted by pod ${preemptor.metadata.uid} on node ${node}`],
    );
    assert.equal((await api.get(ref('two'))).metadata.deletionTimestamp, undefined);
  });
});

test('a gated pod waits until its last gate is removed', async () => {
  await withNodes(['node-1'], async (client) => {
    const api = client.resource<Pod>(pods);
    const { metadata, spec } = draft('gated', '100m');
    await api.create({ metadata, spec: { ...spec, schedulingGates: [{ name: 'example.com/one' }] } });
    await api.create(draft('free', '100m'));
    await nodeOf(client, 'free');
    const gated = await api.get(ref('gated'));
    const condition = gated.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    assert.deepEqual([gated.spec.nodeName, condition?.reason], [undefined, 'SchedulingGated']);
    await api.patch(ref('gated'), [{ op: 'remove', path: '/spec/schedulingGates' }], { type: 'json' });
    assert.equal(await nodeOf(client, 'gated'), 'node-1');
  });
});

test('hard spreading and anti-affinity use separate nodes, and the next pod waits for a node', async () => {
  await withNodes(['node-1', 'node-2'], async (client) => {
    const api = client.resource<Pod>(pods);
    const labels = { app: 'apart' };
    const labelSelector = { matchLabels: labels };
    const topologyKey = 'kubernetes.io/hostname';
    const apart = (name: string) => ({
      metadata: { ...draft(name, '10m').metadata, labels },
      spec: {
        ...draft(name, '10m').spec,
        topologySpreadConstraints: [
          { maxSkew: 1, topologyKey, whenUnsatisfiable: 'DoNotSchedule' as const, labelSelector },
        ],
        affinity: {
          podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey, labelSelector }] },
        },
      },
    });
    for (const name of ['a', 'b', 'c']) await api.create(apart(name));
    const placed = await eventually(async () => {
      const { items } = await api.list({ namespace: 'default' });
      const bound = items.filter(({ spec }) => spec.nodeName);
      const refused = items.find(({ status }) => status?.conditions?.some(({ reason }) => reason === 'Unschedulable'));
      return bound.length === 2 && refused ? { bound, refused } : undefined;
    });
    assert.equal(new Set(placed.bound.map(({ spec }) => spec.nodeName)).size, 2);
    const message = placed.refused.status?.conditions?.find(({ type }) => type === 'PodScheduled')?.message ?? '';
    assert.match(
      message,
      /^0\/2 nodes are available: 2 node\(s\) didn't match pod anti-affinity rules\. no new claims to deallocate, preemption: /,
    );
    await addNode(client, 'node-3');
    assert.equal(await nodeOf(client, placed.refused.metadata.name), 'node-3');
  });
});

test('a claim that waits for its consumer gets the selected node, and the pod waits until the claim is bound', async () => {
  await withNodes(['node-1'], async (client) => {
    const [claims, api] = [client.resource<PersistentVolumeClaim>(persistentvolumeclaims), client.resource<Pod>(pods)];
    await client.resource(storageclasses).create({
      metadata: { name: 'late' },
      provisioner: 'example.com/none',
      volumeBindingMode: 'WaitForFirstConsumer',
    });
    await claims.create({
      metadata: ref('data'),
      spec: { storageClassName: 'late', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
    const { metadata, spec } = draft('user', '10m');
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }];
    await api.create({ metadata, spec: { ...spec, volumes } });
    const annotation = 'volume.kubernetes.io/selected-node';
    await eventually(
      async () => (await claims.get(ref('data'))).metadata.annotations?.[annotation] === 'node-1' || undefined,
    );
    assert.equal((await api.get(ref('user'))).spec.nodeName, undefined);
    // What the provisioner and the volume controller do.
    const claimRef = { kind: 'PersistentVolumeClaim', namespace: 'default', name: 'data' };
    await client.resource(persistentvolumes).create({
      metadata: { name: 'made' },
      spec: {
        storageClassName: 'late',
        accessModes: ['ReadWriteOnce'],
        capacity: { storage: '1Gi' },
        csi: { driver: 'example.com', volumeHandle: 'made' },
        claimRef,
      },
    });
    const bound = {
      metadata: { annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } },
      spec: { volumeName: 'made' },
    };
    await claims.patch(ref('data'), bound, { type: 'merge' });
    assert.equal(await nodeOf(client, 'user'), 'node-1');
  });
});
