import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ReplicaSet, replicasets } from '@typernetes/api/apps/v1';
import { type Event, events, type Pod, pods } from '@typernetes/api/core/v1';
import { controllerOf, findCondition, isControlledBy } from '@typernetes/machinery';
import { eventually } from './api.ts';
import { withCluster } from './cluster.ts';
import { imageOf, namespace, Rollout, template, webSpec } from './rollout.ts';

const revision = 'deployment.kubernetes.io/revision';
const sizes = (sets: readonly ReplicaSet[]) =>
  Object.fromEntries(sets.map((rs) => [imageOf(rs), rs.spec.replicas] as const));

for (const [maxSurge, maxUnavailable] of [
  [1, 0],
  [0, 2],
  ['25%', '25%'],
  ['100%', 0],
] as const)
  test(`a rolling update with maxSurge ${maxSurge} and maxUnavailable ${maxUnavailable} stays within its limits`, () =>
    withCluster({}, async (client) => {
      const web = new Rollout(client);
      const replicas = 6;
      await web.create(
        webSpec(replicas, { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } } }),
      );
      await web.untilComplete();
      const surge = { 0: 0, 1: 1, '25%': 2, '100%': 6 }[maxSurge];
      const missing = { 0: 0, 2: 2, '25%': 1 }[maxUnavailable];
      await web.within({ most: replicas + surge, fewest: replicas - missing }, async () => {
        await web.setImage('web:2');
        await web.untilComplete();
        await web.setImage('web:3');
        await web.untilComplete();
      });
      const images = (await web.pods()).filter((pod) => !pod.metadata.deletionTimestamp).map(imageOf);
      assert.deepEqual(images, Array(replicas).fill('web:3'));
      assert.deepEqual(sizes(await web.replicaSets()), { 'web:1': 0, 'web:2': 0, 'web:3': 6 });
    }));

test('a change during a rollout switches to the newest template within the same limits', () =>
  withCluster({}, async (client) => {
    const web = new Rollout(client);
    const rollingUpdate = { maxSurge: 1, maxUnavailable: 1 };
    await web.create(webSpec(5, { strategy: { type: 'RollingUpdate', rollingUpdate } }));
    await web.untilComplete();
    await web.within({ most: 6, fewest: 4 }, async () => {
      await web.setImage('web:2');
      await web.until(({ status }) => (status?.updatedReplicas ?? 0) >= 1);
      await web.setImage('web:3');
      await web.untilComplete();
    });
    assert.deepEqual(sizes(await web.replicaSets()), { 'web:1': 0, 'web:2': 0, 'web:3': 5 });
  }));

test('a paused Deployment scales but does not roll out; when resumed, it does', () =>
  withCluster({}, async (client) => {
    const web = new Rollout(client);
    await web.create(webSpec(2));
    await web.untilComplete();
    await web.change({ paused: true });
    await web.setImage('web:2');
    await web.change({ replicas: 4 });
    await web.until(({ status }) => status?.availableReplicas === 4 && !status.updatedReplicas);
    const paused = await web.until(
      ({ status }) => findCondition(status?.conditions, 'Progressing')?.reason === 'DeploymentPaused',
    );
    assert.equal(findCondition(paused.status?.conditions, 'Progressing')?.message, 'Deployment is paused');
    assert.deepEqual(sizes(await web.replicaSets()), { 'web:1': 4 });
    await web.change({ paused: false });
    await web.untilComplete();
    assert.deepEqual(sizes(await web.replicaSets()), { 'web:1': 0, 'web:2': 4 });
  }));

test('returning to an old template creates a new revision number and remembers the old one', () =>
  withCluster({}, async (client) => {
    const web = new Rollout(client);
    await web.create(webSpec(1));
    await web.untilComplete();
    await web.setImage('web:2');
    await web.untilComplete();
    await web.setImage('web:1'); // what `kubectl rollout undo` writes
    await web.untilComplete();
    const first = await eventually(async () => {
      const rs = await web.replicaSetOf('web:1');
      return rs?.metadata.annotations?.[revision] === '3' ? rs : undefined;
    });
    assert.equal(first.metadata.annotations?.['deployment.kubernetes.io/revision-history'], '1');
    assert.equal((await web.replicaSets()).length, 2);
    await web.until(({ metadata }) => metadata.annotations?.[revision] === '3');
  }));

test('a stuck rollout exceeds its deadline, keeps the old pods, and recovers', () =>
  withCluster({ becomesReady: (pod) => imageOf(pod) !== 'web:broken' }, async (client) => {
    const web = new Rollout(client);
    await web.create(webSpec(3, { progressDeadlineSeconds: 2 }));
    await web.untilComplete();
    await web.setImage('web:broken');
    const stuck = await web.until(
      ({ status }) => findCondition(status?.conditions, 'Progressing')?.reason === 'ProgressDeadlineExceeded',
    );
    const { message, status } = findCondition(stuck.status?.conditions, 'Progressing') ?? {};
    const broken = await web.replicaSetOf('web:broken');
    assert.deepEqual([status, message], ['False', `ReplicaSet "${broken?.metadata.name}" has timed out progressing.`]);
    assert.equal(stuck.status?.availableReplicas, 3);
    await web.setImage('web:1');
    await web.untilComplete();
    await web.until(
      (deployment) => findCondition(deployment.status?.conditions, 'Progressing')?.reason === 'NewReplicaSetAvailable',
    );
  }));

test('Recreate starts no new pod before the last old one is gone', () =>
  withCluster({}, async (client) => {
    const web = new Rollout(client);
    await web.create(webSpec(3, { strategy: { type: 'Recreate' } }));
    await web.untilComplete();
    await web.within({ most: 3, fewest: 0, active: 3 }, async () => {
      await web.setImage('web:2');
      await web.untilComplete();
    });
    const [all, old] = [await web.pods(), await web.replicaSetOf('web:1')];
    assert.deepEqual(all.map(imageOf), Array(3).fill('web:2'));
    assert.equal(old?.spec.replicas, 0);
  }));

test('scaling during a stuck rollout is proportional', () =>
  withCluster({ becomesReady: (pod) => imageOf(pod) !== 'web:broken' }, async (client) => {
    const web = new Rollout(client);
    const rollingUpdate = { maxSurge: 3, maxUnavailable: 2 };
    await web.create(webSpec(10, { strategy: { type: 'RollingUpdate', rollingUpdate } }));
    await web.untilComplete();
    await web.setImage('web:broken');
    // The example of upstream's documentation: 8 old and 5 new of 10 + 3; scaled to 15, 3 of the 5 go to the larger.
    await eventually(async () => {
      const { 'web:1': old, 'web:broken': broken } = sizes(await web.replicaSets());
      return (old === 8 && broken === 5) || undefined;
    });
    await web.change({ replicas: 15 });
    await eventually(async () => {
      const { 'web:1': old = 0, 'web:broken': broken = 0 } = sizes(await web.replicaSets());
      return old + broken === 18 || undefined;
    });
    assert.deepEqual(sizes(await web.replicaSets()), { 'web:1': 11, 'web:broken': 7 });
  }));

test('on a name conflict, the Deployment increments its collision count and uses another hash', () =>
  withCluster({}, async (client) => {
    const web = new Rollout(client);
    await web.create(webSpec(1));
    await web.untilComplete();
    const [wanted] = await web.replicaSets();
    assert.ok(wanted);
    const { name } = wanted.metadata;
    await web.delete('Background');
    await eventually(async () => ((await web.replicaSets()).length === 0 ? true : undefined));
    const labels = { app: 'stranger' };
    await client.resource<ReplicaSet>(replicasets).create({
      metadata: { namespace, name },
      spec: { replicas: 0, selector: { matchLabels: labels }, template: template('other:1', labels) },
    });
    await web.create(webSpec(1));
    const { status, metadata } = await web.untilComplete();
    assert.equal(status?.collisionCount, 1);
    const mine = (await web.replicaSets()).filter((rs) => isControlledBy(rs, { metadata }));
    assert.equal(mine.length, 1);
    assert.notEqual(mine[0]?.metadata.name, name);
  }));

test('orphaned ReplicaSets and pods are adopted by selectors that match, and released when they no longer do', () =>
  withCluster({}, async (client) => {
    const web = new Rollout(client);
    await web.create(webSpec(2));
    await web.untilComplete();
    const before = (await web.pods()).map(({ metadata }) => metadata.uid).sort();
    await web.delete('Orphan');
    await eventually(async () => {
      const sets = await web.replicaSets();
      return sets.length === 1 && sets.every((rs) => !controllerOf(rs)) ? true : undefined;
    });
    const again = await web.create(webSpec(2));
    await web.untilComplete();
    const [adopted] = await web.replicaSets();
    assert.ok(adopted && isControlledBy(adopted, again));
    assert.deepEqual((await web.pods()).map(({ metadata }) => metadata.uid).sort(), before);

    const [strayed] = await web.pods();
    assert.ok(strayed);
    await client
      .resource<Pod>(pods)
      .patch(strayed.metadata, { metadata: { labels: { app: 'debug' } } }, { type: 'merge' });
    const all = await eventually(async () => {
      const items = await web.pods();
      return items.length === 3 && items.every((pod) => pod.status?.phase === 'Running') ? items : undefined;
    });
    const released = all.find(({ metadata }) => metadata.uid === strayed.metadata.uid);
    assert.ok(released && !controllerOf(released));
  }));

test('old ReplicaSets are deleted beyond the history limit', () =>
  withCluster({}, async (client) => {
    const web = new Rollout(client);
    await web.create(webSpec(1, { revisionHistoryLimit: 1 }));
    for (const image of ['web:2', 'web:3', 'web:4']) {
      await web.untilComplete();
      await web.setImage(image);
    }
    await web.untilComplete();
    const kept = await eventually(async () => {
      const sets = await web.replicaSets();
      return sets.length === 2 ? sets : undefined;
    });
    assert.deepEqual(kept.map(imageOf).sort(), ['web:3', 'web:4']);
    const messages = await eventually(async () => {
      const { items } = await client.resource<Event>(events).list({ namespace });
      const scaled = items.filter(({ reason }) => reason === 'ScalingReplicaSet').map(({ message = '' }) => message);
      return scaled.some((text) => text.endsWith('from 0 to 1')) ? scaled : undefined;
    });
    assert.match(messages[0] ?? '', /^Scaled (up|down) replica set web-[a-z0-9]+ from \d to \d$/);
  }));
