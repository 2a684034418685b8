import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Pod, pods, serviceaccounts } from '@typernetes/api/core/v1';
import {
  deviceclasses,
  type ResourceClaim,
  resourceclaims,
  resourceclaimtemplates,
  resourceslices,
} from '@typernetes/api/resource/v1';
import type { ApiClient } from '@typernetes/client';
import { eventually, withApi } from './api.ts';
import { beside, controllers, scheduler } from './control-plane.ts';
import { addNode } from './schedulable-node.ts';

const driver = 'gpu.example.com';

/** Two devices of different models on one of two nodes, and a class that selects both. */
async function publishDevices(client: ApiClient): Promise<void> {
  const attributes = (model: string) => ({ model: { string: model } });
  await client.resource(resourceslices).create({
    metadata: { name: 'node-1-gpus' },
    spec: {
      driver,
      nodeName: 'node-1',
      pool: { name: 'node-1', generation: 1, resourceSliceCount: 1 },
      devices: [
        { name: 'small', attributes: attributes('s') },
        { name: 'large', attributes: attributes('l') },
      ],
    },
  });
  await client.resource(deviceclasses).create({
    metadata: { name: 'gpu' },
    spec: { selectors: [{ cel: { expression: `device.driver == "${driver}"` } }] },
  });
}

/** Pods made from it get a claim of their own for one device of this model. */
async function addTemplate(client: ApiClient, model: string): Promise<void> {
  const selectors = [{ cel: { expression: `device.attributes["${driver}"].model == "${model}"` } }];
  await client.resource(resourceclaimtemplates).create({
    metadata: { name: model, namespace: 'default' },
    spec: { spec: { devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpu', selectors } }] } } },
  });
}

const podWith = (name: string, entry: object) => ({
  metadata: { name, namespace: 'default' },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'main', image: 'nginx', resources: { claims: [{ name: 'gpu' }] } }],
    resourceClaims: [{ name: 'gpu', ...entry }],
  },
});

test('pods go where the devices of their claims are, one after the other, and share a claim', async () => {
  await withApi(async (client) => {
    await addNode(client, 'node-1');
    await addNode(client, 'node-2');
    await client.resource(serviceaccounts).create({ metadata: { namespace: 'default', name: 'default' } });
    await publishDevices(client);
    await addTemplate(client, 'l');
    await beside([scheduler(client), controllers(client)], async () => {
      const [api, claims] = [client.resource<Pod>(pods), client.resource<ResourceClaim>(resourceclaims)];
      const ref = (name: string) => ({ namespace: 'default', name });
      const bound = (name: string) => eventually(async () => (await api.get(ref(name))).spec.nodeName);
      const first = await api.create(podWith('first', { resourceClaimTemplateName: 'l' }));
      assert.equal(await bound('first'), 'node-1');
      const [claim] = (await claims.list({ namespace: 'default' })).items;
      assert.deepEqual(
        claim?.status?.allocation?.devices?.results?.map(({ pool, device }) => `${pool}/${device}`),
        ['node-1/large'],
      );
      assert.deepEqual(claim?.status?.reservedFor, [{ resource: 'pods', name: 'first', uid: first.metadata.uid }]);
      assert.ok(claim?.metadata.finalizers?.includes('resource.kubernetes.io/delete-protection'));

      await api.create(podWith('second', { resourceClaimTemplateName: 'l' }));
      const refused = await eventually(async () => {
        const pod = await api.get(ref('second'));
        return pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
      });
      assert.equal(
        refused.message,
        '0/2 nodes are available: 2 cannot allocate all claims. still not schedulable, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
      );
      await api.delete(ref('first'), { gracePeriodSeconds: 0 });
      assert.equal(await bound('second'), 'node-1');

      await claims.create({
        metadata: { name: 'shared', namespace: 'default' },
        spec: { devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpu' } }] } },
      });
      await Promise.all(['a', 'b'].map((name) => api.create(podWith(name, { resourceClaimName: 'shared' }))));
      assert.deepEqual(await Promise.all([bound('a'), bound('b')]), ['node-1', 'node-1']);
      const shared = await claims.get(ref('shared'));
      assert.deepEqual(shared.status?.reservedFor?.map(({ name }) => name).sort(), ['a', 'b']);
      assert.deepEqual(
        shared.status?.allocation?.devices?.results?.map(({ device }) => device),
        ['small'],
      );

      await api.create(podWith('astray', { resourceClaimName: 'absent' }));
      await api.create(podWith('classless', { resourceClaimName: 'classless' }));
      await claims.create({
        metadata: { name: 'classless', namespace: 'default' },
        spec: { devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: 'none' } }] } },
      });
      const classless = await eventually(async () => {
        const pod = await api.get(ref('classless'));
        return pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
      });
      assert.match(
        classless.message ?? '',
        /^0\/2 nodes are available: request gpu: device class none does not exist\./,
      );
      assert.equal((await api.get(ref('astray'))).spec.nodeName, undefined);
    });
  });
});
