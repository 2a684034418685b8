/** Lost events and writes by others: within a few seconds everything is consistent again. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Node, type Pod, type PodStatus, pods } from '@typernetes/api/core/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { type Informer, sharedInformers } from '@typernetes/client';
import { FakeApi } from '@typernetes/client/testing';
import { keyOf } from '@typernetes/machinery';
import { annotations, fullNameOf, isStatic } from '../pod/identity.ts';
import { StatusWriter } from '../status/status-writer.ts';
import { podOf } from '../testing/pod-machine.ts';
import { followApi } from './api-source.ts';
import { MirrorPods } from './mirror-pods.ts';

const node: Node = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'here', uid: 'node-uid', resourceVersion: '1', creationTimestamp: '' },
  spec: {},
};

function staticPod(hash: string): Pod {
  const pod = podOf('etcd', {}, 'manifest');
  const notes = { [annotations.source]: 'file', [annotations.hash]: hash };
  return { ...pod, metadata: { ...pod.metadata, annotations: notes } };
}

const statusOf = (phase: 'Running' | 'Unknown', ready = true): PodStatus => ({
  phase,
  conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: '2026-01-01T00:00:00Z' }],
});

/** How the kubelet handles pods of the API, with real parts except for the workers; events are lost while `deaf`. */
async function following(t: TestContext) {
  const clock = new FakeClock();
  const api = new FakeApi({ clock });
  const resource = api.resource(pods);
  const informers = sharedInformers({ client: api, clock, log: silentLogger, random: { next: () => 0 } });
  const informer = informers.for(pods);
  const state = { deaf: false };
  const lossy: Informer<Pod> = {
    ...informer,
    lister: informer.lister,
    untilSynced: (signal) => informer.untilSynced(signal),
    onEvent: ({ added, updated, deleted }) =>
      informer.onEvent({
        added: (pod) => state.deaf || added?.(pod),
        updated: (pod, old) => state.deaf || updated?.(pod, old),
        deleted: (pod) => state.deaf || deleted?.(pod),
      }),
  };
  const workers = new Map<string, Pod>();
  const mirrors = new MirrorPods({ pods: resource, node: () => node, clock, log: silentLogger });
  const statuses = new StatusWriter({
    pods: resource,
    shown: (pod) => (isStatic(pod) ? mirrors.get(fullNameOf(pod)) : informer.lister.get(keyOf(pod))),
    clock,
    log: silentLogger,
  });
  const source = followApi(lossy, {
    pods: { set: (pod) => void workers.set(pod.metadata.uid, pod), remove: (uid) => void workers.delete(uid) },
    workers: {
      get pods() {
        return [...workers.values()];
      },
      get: (uid) => workers.get(uid),
    },
    mirrors,
    statuses,
    clock,
  });
  mirrors.start();
  const stop = new AbortController();
  const running = [informers, mirrors, statuses, source].map((part) => part.run(stop.signal));
  t.after(async () => {
    stop.abort();
    await Promise.all(running);
    assert.equal(clock.pending, 0);
  });
  const seconds = async (count: number): Promise<void> => {
    for (let second = 0; second < count; second++) await clock.advance(1000);
  };
  await seconds(1);
  const shown = async (): Promise<readonly Pod[]> => (await resource.list({ namespace: 'default' })).items;
  return { api, resource, state, workers, mirrors, statuses, seconds, shown };
}

const draft = (name: string) => ({ ...podOf(name), metadata: { name, namespace: 'default' } });

test('a pod whose creation, change or deletion was missed gets a worker, its change, its end', async (t) => {
  const { resource, state, workers, seconds } = await following(t);
  state.deaf = true;
  const { uid } = (await resource.create(draft('web'))).metadata;
  await seconds(1);
  assert.equal(workers.size, 0, 'the event is lost');
  await seconds(10);
  assert.deepEqual([...workers.keys()], [uid]);
  await resource.patch(
    { namespace: 'default', name: 'web' },
    { metadata: { labels: { a: 'b' } } },
    { type: 'strategic' },
  );
  await seconds(10);
  assert.deepEqual(workers.get(uid)?.metadata.labels, { a: 'b' });
  await resource.delete({ namespace: 'default', name: 'web' });
  await seconds(10);
  assert.equal(workers.size, 0);
});

test('a mirror that was removed or replaced without an event is restored with its status', async (t) => {
  const { resource, state, mirrors, statuses, seconds, shown } = await following(t);
  const pod = staticPod('a');
  mirrors.setStatic([pod]);
  await seconds(1);
  statuses.report(pod, statusOf('Running'));
  await seconds(1);
  const phases = async () => (await shown()).map(({ status }) => status?.phase);
  assert.deepEqual(await phases(), ['Running']);
  state.deaf = true;
  await resource.delete({ namespace: 'default', name: 'etcd' });
  await seconds(30);
  assert.deepEqual(await phases(), ['Running'], 'made again');
  // The new manifest's mirror is created only once the deletion of the old one is confirmed.
  mirrors.setStatic([staticPod('b')]);
  await seconds(40);
  const hashes = (await shown()).map(({ metadata }) => metadata.annotations?.[annotations.mirror]);
  assert.deepEqual([hashes, await phases()], [['b'], ['Running']]);
});

test('restores a status that somebody else has overwritten', async (t) => {
  const { api, resource, state, statuses, seconds } = await following(t);
  const pod = await resource.create(draft('web'));
  await seconds(1);
  statuses.report(pod, statusOf('Running'));
  await seconds(20);
  state.deaf = true;
  const overwrite = { status: { ...statusOf('Unknown', false), reason: 'NodeLost' } };
  const ref = { namespace: 'default', name: 'web' };
  await resource.patch(ref, overwrite, { type: 'strategic', subresource: 'status' });
  await seconds(20);
  const { status } = await resource.get(ref);
  assert.deepEqual([status?.phase, status?.reason, status?.conditions?.[0]?.status], ['Running', undefined, 'True']);
  api.writes.length = 0;
  await seconds(600);
  assert.deepEqual(api.writes, [], 'nothing more is written once all is as it should be');
});

test('a status that the server rejects is not sent again and again', async (t) => {
  const { api, resource, statuses, seconds } = await following(t);
  const pod = await resource.create(draft('web'));
  await seconds(1);
  statuses.report(pod, statusOf('Running'));
  await seconds(20);
  // A server that keeps this field to itself shows the same version after our write.
  const { patch } = resource;
  const offered: unknown[] = [];
  const ref = { namespace: 'default', name: 'web' };
  await patch.call(resource, ref, { status: { phase: 'Pending' } }, { type: 'strategic', subresource: 'status' });
  t.mock.method(resource, 'patch', async (_ref: unknown, asked: unknown) => {
    offered.push(asked);
    return resource.get(ref);
  });
  api.writes.length = 0;
  await seconds(120);
  assert.equal(offered.length, 1);
});
