import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replicasets } from '@typernetes/api/apps/v1';
import { pods } from '@typernetes/api/core/v1';
import { StatusError } from '@typernetes/machinery';
import { runController } from '../testing/index.ts';
import { replicaSetController } from './register.ts';

const draft = (replicas: number) => ({
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [] } },
  },
});
const ref = { namespace: 'shop', name: 'web' };

test('creates missing pods, replaces deleted ones, and removes surplus ones', () =>
  runController(replicaSetController, async ({ api, events, settle }) => {
    const podClient = api.resource(pods);
    await api.resource(replicasets).create(draft(5));
    await settle();
    const { items } = await podClient.list();
    assert.equal(items.length, 5);
    assert.deepEqual(items[0]?.metadata.labels, { app: 'web' });
    assert.equal(items[0]?.metadata.ownerReferences?.[0]?.controller, true);
    assert.equal(events.seen[0], `Normal SuccessfulCreate Created pod: ${items[0]?.metadata.name}`);
    assert.equal((await api.resource(replicasets).get(ref)).status?.replicas, 5);

    await podClient.delete(items[0]?.metadata ?? ref);
    await settle();
    assert.equal((await podClient.list()).items.length, 5);

    await api.resource(replicasets).patch(ref, { spec: { replicas: 2 } }, { type: 'merge' });
    await settle();
    assert.equal((await podClient.list()).items.length, 2);
    assert.equal((await api.resource(replicasets).get(ref)).status?.replicas, 2);
  }));

test('adopts an orphan instead of creating a pod', () =>
  runController(
    replicaSetController,
    async ({ api }) => {
      const { items } = await api.resource(pods).list();
      assert.deepEqual(
        items.map(({ metadata }) => [metadata.name, metadata.ownerReferences?.[0]?.name]),
        [['stray', 'web']],
      );
    },
    {
      prepare: async (api) => {
        await api.resource(pods).create({
          metadata: { name: 'stray', namespace: 'shop', labels: { app: 'web' } },
          spec: { containers: [] },
        });
        await api.resource(replicasets).create(draft(1));
      },
    },
  ));

test('reports a failed creation and retries it', () =>
  runController(
    replicaSetController,
    async ({ api, clock, events, settle }) => {
      assert.equal(events.seen[0], 'Warning FailedCreate Error creating: exceeded quota');
      await clock.advance(10);
      await settle();
      assert.equal((await api.resource(pods).list()).items.length, 1);
      assert.equal((await api.resource(replicasets).get(ref)).status?.conditions, undefined);
    },
    {
      prepare: async (api) => {
        api.fail('create pods', new StatusError('Forbidden', 'exceeded quota'));
        await api.resource(replicasets).create(draft(1));
      },
    },
  ));
