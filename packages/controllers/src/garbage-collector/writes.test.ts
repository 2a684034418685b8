import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configmaps } from '@typernetes/api/core/v1';
import { FakeApi } from '@typernetes/client/testing';
import { type ApiObject, isConflict, type OwnerReference, type ResourceType } from '@typernetes/machinery';
import type { SeenNode } from './graph.ts';
import { CollectorWrites } from './writes.ts';

const ref = { namespace: 'shop', name: 'a' };
const owner = (uid: string): OwnerReference => ({ apiVersion: 'v1', kind: 'ConfigMap', name: uid, uid });

/** An object on the server, the graph's node of it, and the collector's writes. */
async function collecting(owners: readonly OwnerReference[], finalizers: readonly string[] = []) {
  const api = new FakeApi();
  const client = api.resource(configmaps);
  const { metadata } = await client.create({
    metadata: { ...ref, ownerReferences: [...owners], finalizers: [...finalizers] },
  });
  const { uid, resourceVersion } = metadata;
  const node: SeenNode = {
    uid,
    identity: { type: configmaps as unknown as ResourceType<ApiObject>, ...ref, uid },
    owners,
    finalizers,
    resourceVersion,
    deleting: false,
    dependents: new Set(),
  };
  const change = (metadata: object) => client.patch(ref, { metadata }, { type: 'merge' });
  const read = async () => (await client.list()).items[0]?.metadata;
  return { api, client, node, change, read, writes: new CollectorWrites(api) };
}

test('deletes an unchanged object with one request', async () => {
  const { api, node, writes, read } = await collecting([owner('gone')]);
  await writes.delete(node, 'Background');
  assert.equal(await read(), undefined);
  assert.deepEqual(api.writes.slice(1), ['delete configmaps shop/a']);
});

test('deletes an object that changed in other ways nevertheless', async () => {
  const { node, writes, change, read } = await collecting([owner('gone')]);
  await change({ labels: { changed: 'yes' } });
  await writes.delete(node, 'Background');
  assert.equal(await read(), undefined);
});

test('keeps an object that was given an owner at the last moment', async () => {
  const { node, writes, change, read } = await collecting([owner('gone')]);
  await change({ ownerReferences: [owner('gone'), owner('saviour')] });
  await assert.rejects(writes.delete(node, 'Background'), isConflict);
  assert.equal((await read())?.uid, node.uid);
});

test('keeps a new object with the name of a deleted one', async () => {
  const { client, node, writes, read } = await collecting([owner('gone')], ['example.com/hold']);
  await client.patch(ref, { metadata: { finalizers: null } }, { type: 'merge' });
  await client.delete(ref);
  await client.create({ metadata: { ...ref, ownerReferences: [owner('gone')], finalizers: ['example.com/hold'] } });
  await writes.delete(node, 'Background');
  await writes.dropOwners(node, new Set(['gone']));
  await writes.removeFinalizer(node, 'example.com/hold');
  const left = await read();
  assert.notEqual(left?.uid, node.uid);
  assert.deepEqual([left?.ownerReferences, left?.finalizers], [[owner('gone')], ['example.com/hold']]);
});

test("removing references and finalizers keeps other clients' changes", async () => {
  const { node, writes, change, read } = await collecting([owner('gone'), owner('kept')], ['orphan']);
  await change({ ownerReferences: [owner('gone'), owner('kept'), owner('new')], finalizers: ['orphan', 'new'] });
  await writes.dropOwners(node, new Set(['gone']));
  await writes.removeFinalizer(node, 'orphan');
  const left = await read();
  assert.deepEqual([left?.ownerReferences, left?.finalizers], [[owner('kept'), owner('new')], ['new']]);
});

test('writes nothing about an object that is gone', async () => {
  const { client, node, writes, read } = await collecting([owner('gone')], []);
  await client.delete(ref);
  await writes.delete(node, 'Foreground');
  await writes.dropOwners(node, new Set(['gone']));
  assert.equal(await read(), undefined);
});
