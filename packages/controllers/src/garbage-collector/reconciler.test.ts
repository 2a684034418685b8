import assert from 'node:assert/strict';
import { test } from 'node:test';
import { customresourcedefinitions } from '@typernetes/api/apiextensions/v1';
import { type ReplicaSet, replicasets } from '@typernetes/api/apps/v1';
import { configmaps, pods } from '@typernetes/api/core/v1';
import type { FakeApi } from '@typernetes/client/testing';
import { controllerReference } from '@typernetes/machinery';
import { runController } from '../testing/index.ts';
import { serveDiscovery } from '../testing/serve-discovery.ts';
import { garbageCollectorController } from './register.ts';

const discoverable = async (api: FakeApi): Promise<void> => serveDiscovery(api, [replicasets, configmaps, pods]);

const namespace = 'shop';
const replicaSet = (api: FakeApi) =>
  api.resource(replicasets).create({ metadata: { name: 'web', namespace }, spec: { selector: {} } });
const pod = (api: FakeApi, name: string, owners: readonly ReplicaSet[]) =>
  api.resource(pods).create({
    metadata: { name, namespace, ownerReferences: owners.map((owner) => controllerReference(owner, replicasets)) },
    spec: { containers: [] },
  });
const podNames = async (api: FakeApi) => (await api.resource(pods).list()).items.map(({ metadata }) => metadata.name);
const ref = { namespace, name: 'web' };
const gone = (uid: string): ReplicaSet => ({
  metadata: { name: 'web', uid, resourceVersion: '1', creationTimestamp: '' },
  spec: { selector: {} },
});

test('background: dependents are deleted after their owner, others stay', () =>
  runController(
    garbageCollectorController,
    async ({ api, settle }) => {
      await pod(api, 'p', [await replicaSet(api)]);
      await pod(api, 'free', []);
      await settle();
      await api.resource(replicasets).delete(ref, { propagationPolicy: 'Background' });
      await settle();
      assert.deepEqual(await podNames(api), ['free']);
    },
    { prepare: discoverable },
  ));

test('foreground: the owner is deleted last', () =>
  runController(
    garbageCollectorController,
    async ({ api, settle }) => {
      await pod(api, 'p', [await replicaSet(api)]);
      await settle();
      await api.resource(replicasets).delete(ref, { propagationPolicy: 'Foreground' });
      await settle();
      assert.deepEqual(await podNames(api), []);
      assert.equal((await api.resource(replicasets).list()).items.length, 0);
      const deletion = api.writes.indexOf('delete pods shop/p');
      assert.ok(deletion >= 0 && deletion < api.writes.lastIndexOf('patch replicasets.apps shop/web'));
    },
    { prepare: discoverable },
  ));

test('orphan: the dependents stay and lose their owner', () =>
  runController(
    garbageCollectorController,
    async ({ api, settle }) => {
      await pod(api, 'p', [await replicaSet(api)]);
      await settle();
      await api.resource(replicasets).delete(ref, { propagationPolicy: 'Orphan' });
      await settle();
      const [left] = (await api.resource(pods).list()).items;
      assert.equal(left?.metadata.ownerReferences, undefined);
      assert.equal((await api.resource(replicasets).list()).items.length, 0);
    },
    { prepare: discoverable },
  ));

test('an owner that never existed, or has another uid, is absent; one living owner of two keeps the object', () =>
  runController(
    garbageCollectorController,
    async ({ api, settle }) => {
      const living = await replicaSet(api);
      await pod(api, 'stray', [gone('another-uid')]);
      await pod(api, 'kept', [living, gone('third-uid')]);
      await settle();
      const { items } = await api.resource(pods).list();
      assert.deepEqual(
        items.map(({ metadata }) => [metadata.name, metadata.ownerReferences?.map(({ uid }) => uid)]),
        [['kept', [living.metadata.uid]]],
      );
    },
    { prepare: discoverable },
  ));

test('foreground: objects that own each other do not wait for each other for ever', () =>
  runController(
    garbageCollectorController,
    async ({ api, settle }) => {
      const sets = api.resource(replicasets);
      const first = await replicaSet(api);
      const second = await sets.create({
        metadata: { name: 'other', namespace, ownerReferences: [controllerReference(first, replicasets)] },
        spec: { selector: {} },
      });
      const ownerReferences = [controllerReference(second, replicasets)];
      await sets.patch(ref, { metadata: { ownerReferences } }, { type: 'merge' });
      await settle();
      await sets.delete(ref, { propagationPolicy: 'Foreground' });
      await settle();
      assert.deepEqual((await sets.list()).items, []);
    },
    { prepare: discoverable },
  ));

test('an owner of a kind that is not served yet is judged as soon as the kind is defined', () =>
  runController(
    garbageCollectorController,
    async ({ api, clock, settle }) => {
      await pod(api, 'p', [gone('first-uid')]);
      await settle();
      assert.deepEqual(await podNames(api), ['p']);
      await discoverable(api);
      await api.resource(customresourcedefinitions).create({
        metadata: { name: 'replicasets.apps' },
        spec: {
          group: 'apps',
          names: { kind: 'ReplicaSet', plural: 'replicasets' },
          scope: 'Namespaced',
          versions: [],
        },
      });
      await settle();
      await clock.advance(500);
      await settle();
      assert.deepEqual(await podNames(api), []);
    },
    { prepare: async (api) => serveDiscovery(api, [pods, customresourcedefinitions]) },
  ));
