import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Node,
  nodes,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
} from '@typernetes/api/core/v1';
import { volumeattachments } from '@typernetes/api/storage/v1';
import type { FakeApi } from '@typernetes/client/testing';
import type { Draft } from '@typernetes/machinery';
import { type ControllerUnderTest, runController } from '../testing/index.ts';
import { attachmentNameOf } from './names.ts';
import { attachDetachController } from './register.ts';

const source = { driver: 'disk.example.com', volumeHandle: 'disk-7' };
const volumeName = 'kubernetes.io/csi/disk.example.com^disk-7';
const ready = (status: string) => ({ type: 'Ready', status });

const node = (name: string, status: Node['status'] = {}): Draft<Node> => ({
  metadata: { name, annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' } },
  spec: {},
  status: { conditions: [ready('True')], ...status },
});
const pod = (name: string, nodeName: string): Draft<Pod> => ({
  metadata: { name, namespace: 'shop' },
  spec: { nodeName, containers: [], volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] },
});

async function prepare(api: FakeApi): Promise<void> {
  const claim = await api.resource(persistentvolumeclaims).create({
    metadata: { name: 'data', namespace: 'shop' },
    spec: { volumeName: 'pv-7' },
    status: { phase: 'Bound' },
  } as Draft<PersistentVolumeClaim>);
  await api.resource(persistentvolumes).create({
    metadata: { name: 'pv-7' },
    spec: {
      accessModes: ['ReadWriteOnce'],
      csi: source,
      claimRef: { namespace: 'shop', name: 'data', uid: claim.metadata.uid },
    },
  } as Draft<PersistentVolume>);
  await api.resource(nodes).create(node('a'));
  await api.resource(nodes).create(node('b'));
  await api.resource(pods).create(pod('web', 'a'));
}

const onNode = (name: string): string => attachmentNameOf(source, name);

async function attached({ api, settle }: ControllerUnderTest, on: string): Promise<void> {
  await api
    .resource(volumeattachments)
    .patch({ name: onNode(on) }, { status: { attached: true } }, { type: 'merge', subresource: 'status' });
  await settle();
}

const attachedTo = async (api: FakeApi, name: string): Promise<string[]> =>
  ((await api.resource(nodes).get({ name })).status?.volumesAttached ?? []).map((volume) => volume.name);

test("attaches a volume to its pod's node, reports a conflict with another node, and moves it when it is free", () =>
  runController(
    attachDetachController,
    async (under) => {
      const { api, events, settle } = under;
      const made = await api.resource(volumeattachments).get({ name: onNode('a') });
      assert.deepEqual(made.spec, {
        attacher: 'disk.example.com',
        nodeName: 'a',
        source: { persistentVolumeName: 'pv-7' },
      });
      assert.deepEqual(await attachedTo(api, 'a'), [], 'not before the attacher says so');
      await attached(under, 'a');
      assert.deepEqual(await attachedTo(api, 'a'), [volumeName]);
      assert.deepEqual(events.seen, ['Normal SuccessfulAttachVolume AttachVolume.Attach succeeded for volume "pv-7" ']);

      await api.resource(pods).create(pod('rival', 'b'));
      await settle();
      assert.equal(
        events.seen[1],
        'Warning FailedAttachVolume Multi-Attach error for volume "pv-7" Volume is already used by pod(s) web',
      );
      assert.deepEqual(
        (await api.resource(volumeattachments).list()).items.map(({ spec }) => spec.nodeName),
        ['a'],
      );

      await api.resource(pods).delete({ name: 'web', namespace: 'shop' });
      await settle();
      assert.deepEqual(await attachedTo(api, 'a'), []);
      assert.deepEqual(
        (await api.resource(volumeattachments).list()).items.map(({ spec }) => spec.nodeName),
        ['b'],
      );
      const removed = api.writes.indexOf(`delete volumeattachments.storage.k8s.io ${onNode('a')}`);
      assert.ok(api.writes.lastIndexOf('patch nodes/status a') < removed, 'the node is told first');
    },
    { prepare },
  ));

test('two pods on two nodes at the same time: one gets the volume', () =>
  runController(
    attachDetachController,
    async ({ api }) => assert.equal((await api.resource(volumeattachments).list()).items.length, 1),
    {
      prepare: async (api) => {
        await prepare(api);
        await api.resource(pods).create(pod('rival', 'b'));
      },
    },
  ));

test('a mounted volume stays, until its node is out of service', () =>
  runController(
    attachDetachController,
    async (under) => {
      const { api, settle } = under;
      await attached(under, 'a');
      const inUse = { status: { volumesInUse: [volumeName], conditions: [ready('Unknown')] } };
      await api.resource(nodes).patch({ name: 'a' }, inUse, { type: 'merge', subresource: 'status' });
      await api.resource(pods).delete({ name: 'web', namespace: 'shop' });
      await settle();
      assert.deepEqual(await attachedTo(api, 'a'), [volumeName]);
      const taints = [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }];
      await api.resource(nodes).patch({ name: 'a' }, { spec: { taints } }, { type: 'merge' });
      await settle();
      assert.deepEqual((await api.resource(volumeattachments).list()).items, []);
    },
    { prepare },
  ));

for (const forceDetachOnTimeout of [true, false])
  test(`a node that is not ready and does not unmount within six minutes ${forceDetachOnTimeout ? 'loses' : 'keeps'} the volume`, () =>
    runController(
      attachDetachController,
      async (under) => {
        const { api, clock, settle } = under;
        await attached(under, 'a');
        const status = { volumesInUse: [volumeName], conditions: [ready('Unknown')] };
        await api.resource(nodes).patch({ name: 'a' }, { status }, { type: 'merge', subresource: 'status' });
        await api.resource(pods).delete({ name: 'web', namespace: 'shop' });
        await settle();
        await clock.advance(359_000);
        await settle();
        assert.equal((await api.resource(volumeattachments).list()).items.length, 1);
        await clock.advance(1_000);
        await settle();
        assert.equal((await api.resource(volumeattachments).list()).items.length, forceDetachOnTimeout ? 0 : 1);
      },
      { prepare, settings: { forceDetachOnTimeout } },
    ));

test('reports a failed attachment to the pods, once for each failure', () =>
  runController(
    attachDetachController,
    async ({ api, events, settle }) => {
      const attachError = { time: '2026-01-01T00:00:00Z', message: 'no such disk' };
      for (const extra of [{}, { detachError: attachError }]) {
        const status = { attached: false, attachError, ...extra };
        await api
          .resource(volumeattachments)
          .patch({ name: onNode('a') }, { status }, { type: 'merge', subresource: 'status' });
        await settle();
      }
      assert.deepEqual(events.seen, [
        'Warning FailedAttachVolume AttachVolume.Attach failed for volume "pv-7" : no such disk',
      ]);
    },
    { prepare },
  ));
