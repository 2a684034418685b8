import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployments, replicasets } from '@typernetes/api/apps/v1';
import { configmaps, events as eventResource, namespaces, pods } from '@typernetes/api/core/v1';
import { clusterroles } from '@typernetes/api/rbac/v1';
import { runAll, systemClock, systemRandom } from '@typernetes/base';
import { silentLogger } from '@typernetes/base/testing';
import { type ApiClient, eventRecorder, sharedInformers } from '@typernetes/client';
import { defaultSettings, registry } from '@typernetes/controllers';
import {
  type ApiObject,
  isNotFound,
  type ObjectMeta,
  type OwnerReference,
  ownerReference,
  type ResourceType,
} from '@typernetes/machinery';
import { createMetrics } from '@typernetes/process';
import { eventually, withApi } from './api.ts';

const namespace = 'shop';
const other = 'elsewhere';

/** Runs the server with these controllers; `start` starts them, so that a test can prepare the state before. */
async function withCollector(
  run: (client: ApiClient, start: () => void) => Promise<void>,
  names = ['garbage-collector-controller'],
): Promise<void> {
  await withApi(async (client) => {
    for (const name of [namespace, other]) await client.resource(namespaces).create({ metadata: { name }, spec: {} });
    const stop = new AbortController();
    const [clock, random, log] = [systemClock, systemRandom, silentLogger];
    const informers = sharedInformers({ client, log });
    const events = eventRecorder({ client, component: names[0] ?? '', clock, log });
    const settings = defaultSettings;
    const metrics = createMetrics();
    const controllers = registry
      .filter(({ name }) => names.includes(name))
      .flatMap(
        (it) => it.build({ client, informers, events: () => events, clock, random, log, settings, metrics }) ?? [],
      );
    let running = Promise.resolve();
    try {
      await run(client, () => {
        running = runAll([informers, ...controllers], stop.signal);
      });
    } finally {
      stop.abort();
      await running;
      await events.flush();
    }
  });
}

const create = (client: ApiClient, name: string, more: Partial<ObjectMeta> = {}) =>
  client.resource(configmaps).create({ metadata: { name, namespace, ...more } });
const owning = (owner: { metadata: ObjectMeta }, more: Partial<OwnerReference> = {}): Partial<ObjectMeta> => ({
  ownerReferences: [{ ...ownerReference(owner, configmaps), ...more }],
});

async function find<T extends ApiObject>(client: ApiClient, type: ResourceType<T>, name: string, inside = namespace) {
  try {
    return await client.resource(type).get({ name, ...(type.namespaced ? { namespace: inside } : {}) });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

const gone = <T extends ApiObject>(client: ApiClient, type: ResourceType<T>, name: string) =>
  eventually(async () => ((await find(client, type, name)) ? undefined : true));

/** Waits until the collector has processed everything before: an orphan created last is deleted last. */
async function collected(client: ApiClient): Promise<void> {
  const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'never', uid: 'never-there' };
  await create(client, 'marker', { ownerReferences: [reference] });
  await gone(client, configmaps, 'marker');
}

test('background: the owner goes at once, then its dependents and theirs; others stay', () =>
  withCollector(async (client, start) => {
    start();
    const owner = await create(client, 'owner');
    const child = await create(client, 'child', owning(owner));
    await create(client, 'grandchild', owning(child));
    await create(client, 'free');
    await client.resource(configmaps).delete({ namespace, name: 'owner' }, { propagationPolicy: 'Background' });
    assert.equal(await find(client, configmaps, 'owner'), undefined);
    await gone(client, configmaps, 'grandchild');
    assert.equal(await find(client, configmaps, 'child'), undefined);
    assert.ok(await find(client, configmaps, 'free'));
  }));

test('foreground: the owner waits for blocking dependents, and those for theirs', () =>
  withCollector(async (client, start) => {
    start();
    const owner = await create(client, 'owner');
    const child = await create(client, 'child', owning(owner, { blockOwnerDeletion: true }));
    const held = { finalizers: ['example.com/hold'] };
    await create(client, 'grandchild', { ...owning(child, { blockOwnerDeletion: true }), ...held });
    await client.resource(configmaps).delete({ namespace, name: 'owner' }, { propagationPolicy: 'Foreground' });
    await eventually(async () => (await find(client, configmaps, 'grandchild'))?.metadata.deletionTimestamp);
    await collected(client);
    const waiting = await Promise.all(['owner', 'child'].map((name) => find(client, configmaps, name)));
    for (const object of waiting) assert.deepEqual(object?.metadata.finalizers, ['foregroundDeletion']);
    const release = { metadata: { finalizers: null } };
    await client.resource(configmaps).patch({ namespace, name: 'grandchild' }, release, { type: 'merge' });
    await gone(client, configmaps, 'owner');
    assert.equal(await find(client, configmaps, 'child'), undefined);
  }));

test('orphan: dependents stay without owner, even if the collector starts after the deletion', () =>
  withCollector(async (client, start) => {
    const owner = await create(client, 'owner');
    await create(client, 'child', owning(owner));
    await client.resource(configmaps).delete({ namespace, name: 'owner' }, { propagationPolicy: 'Orphan' });
    assert.ok(await find(client, configmaps, 'owner'));
    start();
    await gone(client, configmaps, 'owner');
    await collected(client);
    assert.equal((await find(client, configmaps, 'child'))?.metadata.ownerReferences, undefined);
  }));

test('an owner with the same name but another uid does not count; with two owners, one that exists keeps the object', () =>
  withCollector(async (client, start) => {
    start();
    const first = await create(client, 'owner');
    await client.resource(configmaps).delete({ namespace, name: 'owner' });
    const second = await create(client, 'owner');
    await create(client, 'kept', {
      ownerReferences: [ownerReference(first, configmaps), ownerReference(second, configmaps)],
    });
    await create(client, 'stray', owning(first));
    await gone(client, configmaps, 'stray');
    const kept = await eventually(async () => {
      const object = await find(client, configmaps, 'kept');
      return object?.metadata.ownerReferences?.length === 1 ? object : undefined;
    });
    assert.equal(kept.metadata.ownerReferences?.[0]?.uid, second.metadata.uid);
  }));

test('a cluster-scoped owner may have dependents in namespaces', () =>
  withCollector(async (client, start) => {
    start();
    const owner = await client.resource(clusterroles).create({ metadata: { name: 'owner' }, rules: [] });
    await create(client, 'child', { ownerReferences: [ownerReference(owner, clusterroles)] });
    await collected(client);
    assert.ok(await find(client, configmaps, 'child'));
    await client.resource(clusterroles).delete({ name: 'owner' });
    await gone(client, configmaps, 'child');
  }));

test('a reference into another namespace is reported and ignored, and does not harm valid dependents', () =>
  withCollector(async (client, start) => {
    start();
    const owner = await create(client, 'owner');
    await create(client, 'rightful', owning(owner));
    await client.resource(configmaps).create({ metadata: { name: 'wrong', namespace: other, ...owning(owner) } });
    await eventually(async () => ((await find(client, configmaps, 'wrong', other)) ? undefined : true));
    const message = `ownerRef [v1/ConfigMap, namespace: ${other}, name: owner, uid: ${owner.metadata.uid}] does not exist in namespace "${other}"`;
    const event = await eventually(async () => {
      const { items } = await client.resource(eventResource).list({ namespace: other });
      return items.find(({ reason }) => reason === 'OwnerRefInvalidNamespace');
    });
    assert.deepEqual([event.type, event.message, event.involvedObject.name], ['Warning', message, 'wrong']);
    await create(client, 'late', owning(owner));
    await collected(client);
    assert.ok(await find(client, configmaps, 'rightful'));
    assert.ok(await find(client, configmaps, 'late'));
  }));

test('an owner that the collector sees after its dependents keeps them', () =>
  withCollector(async (client, start) => {
    // Resources are listed in parallel: whichever answer comes first, the owner or the dependent is a virtual node
    // until the other arrives.
    const owner = await client.resource(clusterroles).create({ metadata: { name: 'owner' }, rules: [] });
    const child = await create(client, 'child', { ownerReferences: [ownerReference(owner, clusterroles)] });
    await create(client, 'grandchild', owning(child));
    start();
    await collected(client);
    for (const name of ['child', 'grandchild']) assert.ok(await find(client, configmaps, name));
  }));

test('a Deployment takes its ReplicaSets and pods along', () =>
  withCollector(
    async (client, start) => {
      start();
      const template = {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'web', image: 'nginx' }], automountServiceAccountToken: false },
      };
      const spec = { replicas: 2, selector: { matchLabels: { app: 'web' } }, template };
      await client.resource(deployments).create({ metadata: { name: 'web', namespace }, spec });
      const count = async (type: ResourceType<ApiObject>) =>
        (await client.resource(type).list({ namespace })).items.length;
      await eventually(async () => ((await count(pods as ResourceType<never>)) === 2 ? true : undefined));
      await client.resource(deployments).delete({ namespace, name: 'web' }, { propagationPolicy: 'Foreground' });
      await gone(client, deployments, 'web');
      assert.equal(await count(replicasets as ResourceType<never>), 0);
      await eventually(async () => ((await count(pods as ResourceType<never>)) === 0 ? true : undefined));
    },
    ['garbage-collector-controller', 'deployment-controller', 'replicaset-controller', 'serviceaccount-controller'],
  ));
