import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPodActive, isPodReady } from '@typernetes/api';
import { type ControllerRevision, controllerrevisions, type DaemonSet, daemonsets } from '@typernetes/api/apps/v1';
import { type Node, nodes, type Pod, pods } from '@typernetes/api/core/v1';
import { silentLogger } from '@typernetes/base/testing';
import { type ApiClient, sharedInformers } from '@typernetes/client';
import { eventually } from './api.ts';
import { withCluster } from './cluster.ts';
import { beside } from './control-plane.ts';
import { hollow } from './hollow.ts';
import { imageOf, namespace, template } from './rollout.ts';

const ref = { namespace, name: 'agent' };
const spec = { selector: { matchLabels: { app: 'agent' } }, template: template('agent:1', { app: 'agent' }) };

async function agents(client: ApiClient): Promise<Pod[]> {
  const { items } = await client.resource<Pod>(pods).list({ namespace });
  return items.filter(isPodActive);
}

/** Waits until there is exactly one ready pod on each of these nodes, and returns the pods. */
function untilOn(client: ApiClient, names: readonly string[], image = 'agent:1'): Promise<Pod[]> {
  return eventually(async () => {
    const items = await agents(client);
    const where = items.map((pod) => pod.spec.nodeName ?? '').sort();
    const settled = items.every((pod) => isPodReady(pod) && imageOf(pod) === image);
    return settled && where.join() === [...names].sort().join() ? items : undefined;
  });
}

test('a DaemonSet follows new, cordoned, tainted and deleted nodes', () =>
  withCluster({ nodes: ['node-1', 'node-2'] }, async (client) => {
    const nodeClient = client.resource<Node>(nodes);
    await client.resource<DaemonSet>(daemonsets).create({ metadata: ref, spec });
    await untilOn(client, ['node-1', 'node-2']);
    await nodeClient.patch({ name: 'node-1' }, { spec: { unschedulable: true } }, { type: 'merge' });
    await beside([hollow(client, { names: ['node-3'] })], async () => {
      await untilOn(client, ['node-1', 'node-2', 'node-3']);
      const taints = [{ key: 'reserved', value: 'yes', effect: 'NoExecute' }];
      await nodeClient.patch({ name: 'node-3' }, { spec: { taints } }, { type: 'merge' });
      await untilOn(client, ['node-1', 'node-2']);
    });
    const { status } = await eventually(async () => {
      const set = await client.resource<DaemonSet>(daemonsets).get(ref);
      return set.status?.desiredNumberScheduled === 2 && set.status.numberMisscheduled === 0 ? set : undefined;
    });
    assert.deepEqual(
      [status?.currentNumberScheduled, status?.numberReady, status?.numberAvailable, status?.updatedNumberScheduled],
      [2, 2, 2, 2],
    );
  }));

test('a rolling update replaces the pods node by node, and revisions keep its history', () =>
  withCluster({ nodes: ['node-1', 'node-2', 'node-3', 'node-4'] }, async (client) => {
    const sets = client.resource<DaemonSet>(daemonsets);
    const names = ['node-1', 'node-2', 'node-3', 'node-4'];
    await sets.create({ metadata: ref, spec });
    await untilOn(client, names);
    const informers = sharedInformers({ client, log: silentLogger });
    const informer = informers.for<Pod>(pods, { namespace });
    let fewest = names.length;
    const look = (): void => {
      if (!informer.synced) return;
      const ready = informer.lister.list().filter((pod) => isPodActive(pod) && isPodReady(pod));
      fewest = Math.min(fewest, ready.length);
    };
    informer.onEvent({ updated: look, deleted: look });
    await beside([informers], async () => {
      await informers.untilSynced(new AbortController().signal);
      const containers = [{ name: 'web', image: 'agent:2' }];
      await sets.patch(ref, { spec: { template: { spec: { containers } } } }, { type: 'strategic' });
      await untilOn(client, names, 'agent:2');
    });
    assert.equal(fewest, names.length - 1);
    const { items } = await client.resource<ControllerRevision>(controllerrevisions).list({ namespace });
    assert.deepEqual(items.map(({ revision }) => revision).sort(), [1, 2]);
    const hash = 'controller-revision-hash';
    const current = items.find(({ revision }) => revision === 2)?.metadata.labels?.[hash];
    for (const pod of await agents(client)) assert.equal(pod.metadata.labels?.[hash], current);

    // Another set with that name adopts what an orphaning deletion has left: pods and history.
    const before = (await agents(client)).map(({ metadata }) => metadata.uid).sort();
    const { spec: left, metadata } = await sets.get(ref);
    await sets.delete(ref, { propagationPolicy: 'Orphan' });
    await eventually(async () => {
      const { items: rest } = await sets.list({ namespace });
      return rest.length === 0 ? true : undefined;
    });
    const { uid } = (await sets.create({ metadata: ref, spec: left })).metadata;
    assert.notEqual(uid, metadata.uid);
    await eventually(async () => {
      const owned = await client.resource<ControllerRevision>(controllerrevisions).list({ namespace });
      const all = [...owned.items, ...(await agents(client))];
      return all.every((one) => one.metadata.ownerReferences?.[0]?.uid === uid) ? true : undefined;
    });
    const { items: kept } = await client.resource<ControllerRevision>(controllerrevisions).list({ namespace });
    assert.deepEqual(kept.map(({ revision }) => revision).sort(), [1, 2]);
    assert.deepEqual((await agents(client)).map(({ metadata }) => metadata.uid).sort(), before);
  }));
