import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replicasets } from '@typernetes/api/apps/v1';
import { configmaps, pods } from '@typernetes/api/core/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { sharedInformers } from '@typernetes/client';
import { FakeApi } from '@typernetes/client/testing';
import { type ApiObject, controllerReference, type ResourceType, StatusError } from '@typernetes/machinery';
import { serveDiscovery } from '../testing/serve-discovery.ts';
import { AbsentOwners } from './absent-owners.ts';
import { OwnershipGraph } from './graph.ts';
import { Monitors } from './monitors.ts';

interface Watching {
  readonly api: FakeApi;
  readonly clock: FakeClock;
  readonly monitors: Monitors;
  readonly graph: OwnershipGraph;
  readonly signal: AbortSignal;
  /** Lets everything happen that takes no time. */
  settle(): Promise<void>;
}

async function watching(prepare: (api: FakeApi) => void, use: (under: Watching) => Promise<void>): Promise<void> {
  const clock = new FakeClock();
  const api = new FakeApi({ clock });
  prepare(api);
  const graph = new OwnershipGraph({ wake: () => {}, misplaced: () => {} }, new AbsentOwners());
  const monitors = new Monitors({ client: api, clock, random: { next: () => 0 }, log: silentLogger });
  const stop = new AbortController();
  const running = monitors.run(graph, stop.signal);
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  try {
    await settle();
    await use({ api, clock, monitors, graph, signal: stop.signal, settle });
  } finally {
    stop.abort();
    await running;
  }
  assert.equal(clock.pending, 0);
}

const create = (api: FakeApi, name: string) =>
  api.resource(configmaps).create({ metadata: { name, namespace: 'shop' } });

test('a resource that is served later joins at the next discovery', () =>
  watching(
    (api) => serveDiscovery(api, [pods]),
    async ({ api, clock, graph, monitors, signal, settle }) => {
      await monitors.untilSynced(signal);
      const { metadata } = await create(api, 'a');
      assert.equal(graph.get(metadata.uid), undefined);
      assert.equal(monitors.resources.resolve('v1', 'ConfigMap'), undefined);
      serveDiscovery(api, [pods, configmaps]);
      await clock.advance(30_000);
      await settle();
      assert.equal(graph.get(metadata.uid)?.identity?.name, 'a');
      assert.equal(monitors.resources.resolve('v1', 'ConfigMap')?.plural, 'configmaps');
    },
  ));

test('a resource that is no longer served is not watched; objects deleted meanwhile leave the graph when it is back', () =>
  watching(
    (api) => serveDiscovery(api, [pods, configmaps]),
    async ({ api, clock, graph, settle }) => {
      const { metadata } = await create(api, 'a');
      await settle();
      serveDiscovery(api, [pods]);
      await clock.advance(30_000);
      await settle();
      await api.resource(configmaps).delete({ namespace: 'shop', name: 'a' });
      await settle();
      assert.ok(graph.get(metadata.uid));
      serveDiscovery(api, [pods, configmaps]);
      await clock.advance(30_000);
      await settle();
      assert.equal(graph.get(metadata.uid), undefined);
    },
  ));

test('retries failed discovery a second later', () =>
  watching(
    (api) =>
      api.routes.set('GET /apis', () => {
        throw new StatusError('ServiceUnavailable', 'starting');
      }),
    async ({ api, clock, monitors, signal, settle }) => {
      assert.equal(monitors.resources.collectable().size, 0);
      serveDiscovery(api, [pods]);
      await clock.advance(1_000);
      await settle();
      await monitors.untilSynced(signal);
      assert.deepEqual([...monitors.resources.collectable().keys()], ['pods']);
    },
  ));

test('a group version that fails discovery keeps its resources', () =>
  watching(
    (api) => serveDiscovery(api, [replicasets, configmaps]),
    async ({ api, clock, monitors, settle }) => {
      serveDiscovery(api, [replicasets, configmaps], ['apps/v1']);
      await clock.advance(30_000);
      await settle();
      assert.equal(monitors.resources.resolve('apps/v1', 'ReplicaSet')?.plural, 'replicasets');
    },
  ));

test('the graph counts as synced once every resource was listed, and contains their objects', () =>
  watching(
    (api) => serveDiscovery(api, [replicasets, configmaps]),
    async ({ api, graph, monitors, signal, settle }) => {
      await monitors.untilSynced(signal);
      const owner = await api
        .resource(replicasets)
        .create({ metadata: { name: 'web', namespace: 'shop' }, spec: { selector: {} } });
      const ownerReferences = [controllerReference(owner, replicasets)];
      await api.resource(configmaps).create({ metadata: { name: 'a', namespace: 'shop', ownerReferences } });
      await settle();
      assert.equal(graph.get(owner.metadata.uid)?.dependents.size, 1);
    },
  ));

test('a resource that cannot be listed holds up the others for 30 s only', async () => {
  await watching(
    (api) => {
      serveDiscovery(api, [replicasets, configmaps]);
      api.fail('list replicasets.apps', new StatusError('Forbidden', 'no'), 1000);
    },
    async ({ clock, monitors, signal, settle }) => {
      let synced = false;
      const waiting = monitors.untilSynced(signal).then(() => {
        synced = true;
      });
      await settle();
      assert.equal(synced, false);
      await clock.advance(30_000);
      await waiting;
      assert.equal(synced, true);
    },
  );
});

test('reuses informers that the process has anyway', async () => {
  const clock = new FakeClock();
  const api = new FakeApi({ clock });
  serveDiscovery(api, [pods, configmaps]);
  const random = { next: () => 0 };
  const informers = sharedInformers({ client: api, clock, random, log: silentLogger });
  informers.for(configmaps);
  informers.for(pods, { namespace: 'shop' }); // not all of them: of no use
  const graph = new OwnershipGraph({ wake: () => {}, misplaced: () => {} }, new AbsentOwners());
  const watched: string[] = [];
  const client: typeof api = Object.create(api, {
    resource: {
      value: (type: ResourceType<ApiObject>) => {
        watched.push(type.plural);
        return api.resource(type);
      },
    },
  });
  const monitors = new Monitors({ client, informers, clock, random, log: silentLogger });
  const stop = new AbortController();
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  const { metadata: before } = await create(api, 'before');
  const running = Promise.all([monitors.run(graph, stop.signal), informers.run(stop.signal)]);
  await monitors.untilSynced(stop.signal);
  assert.deepEqual(watched, ['pods']);
  const { metadata: after } = await create(api, 'after');
  await api.resource(configmaps).patch(after, { metadata: { finalizers: ['a/b'] } }, { type: 'merge' });
  await api.resource(configmaps).delete(before);
  await turns();
  assert.equal(graph.get(before.uid), undefined);
  assert.equal(graph.get(after.uid)?.identity?.name, 'after');
  stop.abort();
  await running;
  assert.equal(clock.pending, 0);
});
