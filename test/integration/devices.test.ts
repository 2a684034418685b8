import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodes, type Pod, pods, serviceaccounts } from '@typernetes/api/core/v1';
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

/** Two devices of different models, each on one of two nodes, and a class that selects both. */
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

/** Pods of this template get their own claim for one device of this model. */
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

test('pods go to nodes with devices for their claims, one after the other, and share a claim', async () => {
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

test('claims share a device up to its capacity; pods wait until a device is prepared, or get another if that fails', async () => {
  await withApi(async (client) => {
    await addNode(client, 'node-1');
    await client.resource(serviceaccounts).create({ metadata: { namespace: 'default', name: 'default' } });
    const slices = client.resource(resourceslices);
    const publish = (name: string, device: object) =>
      slices.create({
        metadata: { name },
        spec: {
          driver: `${name}.example.com`,
          nodeName: 'node-1',
          pool: { name: 'node-1', generation: 1, resourceSliceCount: 1 },
          devices: [{ name: 'one', ...device }],
        },
      });
    await publish('shared', { allowMultipleAllocations: true, capacity: { memory: { value: '10Gi' } } });
    await publish('fabric', {
      bindingConditions: ['Attached'],
      bindingFailureConditions: ['Broken'],
      bindsToNode: true,
    });
    for (const name of ['shared', 'fabric'])
      await client.resource(deviceclasses).create({
        metadata: { name },
        spec: { selectors: [{ cel: { expression: `device.driver == "${name}.example.com"` } }] },
      });
    const [api, claims] = [client.resource<Pod>(pods), client.resource<ResourceClaim>(resourceclaims)];
    const claim = (name: string, deviceClassName: string, memory?: string) =>
      claims.create({
        metadata: { name, namespace: 'default' },
        spec: {
          devices: {
            requests: [
              { name: 'r', exactly: { deviceClassName, ...(memory ? { capacity: { requests: { memory } } } : {}) } },
            ],
          },
        },
      });
    await beside([scheduler(client), controllers(client)], async () => {
      const ref = (name: string) => ({ namespace: 'default', name });
      const bound = (name: string) => eventually(async () => (await api.get(ref(name))).spec.nodeName);
      const reason = (name: string) =>
        eventually(async () => {
          const { status } = await api.get(ref(name));
          return status?.conditions?.find(({ type }) => type === 'PodScheduled')?.message;
        });
      for (const [name, memory] of [
        ['a', '6Gi'],
        ['b', '4Gi'],
        ['c', '1Gi'],
      ] as const) {
        await claim(name, 'shared', memory);
        await api.create(podWith(name, { resourceClaimName: name }));
        if (name !== 'c') assert.equal(await bound(name), 'node-1');
      }
      assert.match(await reason('c'), /cannot allocate all claims/);
      const results = await Promise.all(
        ['a', 'b'].map(async (name) => (await claims.get(ref(name))).status?.allocation?.devices?.results?.[0]),
      );
      assert.deepEqual(
        results.map((result) => result?.consumedCapacity),
        [{ memory: '6Gi' }, { memory: '4Gi' }],
      );
      assert.notEqual(results[0]?.shareID, results[1]?.shareID);

      await claim('f', 'fabric');
      await api.create(podWith('f', { resourceClaimName: 'f' }));
      const tell = async (type: string): Promise<void> => {
        const allocated = await eventually(async () => {
          const found = await claims.get(ref('f'));
          return found.status?.allocation && found.status.reservedFor?.length ? found : undefined;
        });
        const condition = {
          type,
          status: 'True',
          reason: 'Told',
          message: '',
          lastTransitionTime: '2026-01-01T00:00:00Z',
        };
        const devices = [{ driver: 'fabric.example.com', pool: 'node-1', device: 'one', conditions: [condition] }];
        await claims.updateStatus({ ...allocated, status: { ...allocated.status, devices } } as ResourceClaim);
      };
      await tell('Broken');
      assert.match(await reason('f'), /binding failed: Broken/);
      assert.equal((await api.get(ref('f'))).spec.nodeName, undefined);
      await eventually(async () => ((await claims.get(ref('f'))).status?.devices ? undefined : true));
      await tell('Attached');
      assert.equal(await bound('f'), 'node-1');
    });
  });
});

test('of several nodes, the one with the earlier alternative is chosen', async () => {
  await withApi(async (client) => {
    await client.resource(serviceaccounts).create({ metadata: { namespace: 'default', name: 'default' } });
    for (const [node, model] of [
      ['node-1', 's'],
      ['node-2', 'l'],
      ['node-3', 's'],
    ] as const) {
      await addNode(client, node);
      await client.resource(resourceslices).create({
        metadata: { name: node },
        spec: {
          driver,
          nodeName: node,
          pool: { name: node, generation: 1, resourceSliceCount: 1 },
          devices: [{ name: 'gpu', attributes: { model: { string: model } } }],
        },
      });
    }
    await client.resource(deviceclasses).create({ metadata: { name: 'gpu' }, spec: {} });
    const alternative = (model: string) => ({
      name: model,
      deviceClassName: 'gpu',
      selectors: [{ cel: { expression: `device.attributes["${driver}"].model == "${model}"` } }],
    });
    await client.resource<ResourceClaim>(resourceclaims).create({
      metadata: { name: 'best', namespace: 'default' },
      spec: { devices: { requests: [{ name: 'gpu', firstAvailable: [alternative('l'), alternative('s')] }] } },
    });
    await beside([scheduler(client), controllers(client)], async () => {
      const api = client.resource<Pod>(pods);
      await api.create(podWith('p', { resourceClaimName: 'best' }));
      const node = await eventually(async () => (await api.get({ namespace: 'default', name: 'p' })).spec.nodeName);
      assert.equal(node, 'node-2');
    });
  });
});

test('device classes provide extended resources on nodes where no plugin has them', async () => {
  await withApi(async (client) => {
    await addNode(client, 'node-1');
    await client.resource(serviceaccounts).create({ metadata: { namespace: 'default', name: 'default' } });
    const [api, claims] = [client.resource<Pod>(pods), client.resource<ResourceClaim>(resourceclaims)];
    const ref = (name: string) => ({ namespace: 'default', name });
    const asking = (name: string, requests: Record<string, string>, more: object = {}) =>
      api.create({
        metadata: { name, namespace: 'default' },
        spec: {
          terminationGracePeriodSeconds: 0,
          containers: [{ name: 'main', image: 'nginx', resources: { requests, limits: requests } }],
          ...more,
        },
      });
    const bound = (name: string) => eventually(async () => (await api.get(ref(name))).spec.nodeName);
    const scheduled = async (name: string) =>
      (await api.get(ref(name))).status?.conditions?.find(({ type }) => type === 'PodScheduled');
    await beside([scheduler(client), controllers(client)], async () => {
      await asking('first', { 'example.com/gpu': '1' });
      const refused = await eventually(() => scheduled('first'));
      assert.match(refused.message ?? '', /1 Insufficient example.com\/gpu/);
      await publishDevices(client);
      const { metadata, spec } = await client.resource(deviceclasses).get({ name: 'gpu' });
      const named = { metadata, spec: { ...spec, extendedResourceName: 'example.com/gpu' } };
      await client.resource(deviceclasses).update(named);
      assert.equal(await bound('first'), 'node-1');
      const { status, metadata: pod } = await api.get(ref('first'));
      const { resourceClaimName = '', requestMappings } = status?.extendedResourceClaimStatus ?? {};
      assert.match(resourceClaimName, /^first-extended-resources-/);
      assert.deepEqual(requestMappings, [
        { containerName: 'main', resourceName: 'example.com/gpu', requestName: 'container-0-request-0' },
      ]);
      const claim = await claims.get(ref(resourceClaimName));
      assert.equal(claim.metadata.annotations?.['resource.kubernetes.io/extended-resource-claim'], 'true');
      assert.equal(claim.metadata.ownerReferences?.[0]?.uid, pod.uid);
      assert.equal(claim.status?.allocation?.devices?.results?.length, 1);
      assert.deepEqual(
        claim.status?.reservedFor?.map(({ uid }) => uid),
        [pod.uid],
      );

      await asking('second', { 'deviceclass.resource.kubernetes.io/gpu': '2' });
      const waits = await eventually(() => scheduled('second'));
      assert.match(waits.message ?? '', /1 cannot allocate all claims/);
      await api.delete(ref('first'), { gracePeriodSeconds: 0 });
      assert.equal(await bound('second'), 'node-1');
      const second = await eventually(async () => (await claims.list({ namespace: 'default' })).items);
      assert.equal(second.at(-1)?.status?.allocation?.devices?.results?.length, 2);
      await api.delete(ref('second'), { gracePeriodSeconds: 0 });

      // Left behind by a scheduler that stopped before the pod was bound.
      const gated = await asking(
        'third',
        { 'example.com/gpu': '1' },
        { schedulingGates: [{ name: 'example.com/hold' }] },
      );
      const owner = { apiVersion: 'v1', kind: 'Pod', name: 'third', uid: gated.metadata.uid, controller: true };
      await claims.create({
        metadata: {
          name: 'left-behind',
          namespace: 'default',
          annotations: { 'resource.kubernetes.io/extended-resource-claim': 'true' },
          ownerReferences: [owner],
        },
        spec: { devices: { requests: [{ name: 'container-0-request-0', exactly: { deviceClassName: 'gpu' } }] } },
      });
      await api.patch(ref('third'), [{ op: 'remove', path: '/spec/schedulingGates' }], { type: 'json' });
      assert.equal(await bound('third'), 'node-1');
      const now = (await api.get(ref('third'))).status?.extendedResourceClaimStatus?.resourceClaimName;
      assert.match(now ?? '', /^third-extended-resources-/);
      await assert.rejects(claims.get(ref('left-behind')), { reason: 'NotFound' });

      // Now a plugin has the resource, which takes precedence. There, too, what others have through claims counts.
      const amounts = { cpu: '4', memory: '8Gi', pods: '110', 'example.com/gpu': '2' };
      const patch = { status: { capacity: amounts, allocatable: amounts } };
      await client.resource(nodes).patch({ name: 'node-1' }, patch, { type: 'merge', subresource: 'status' });
      await asking('fourth', { 'example.com/gpu': '1' });
      assert.equal(await bound('fourth'), 'node-1');
      assert.equal((await api.get(ref('fourth'))).status?.extendedResourceClaimStatus, undefined);
    });
  });
});
