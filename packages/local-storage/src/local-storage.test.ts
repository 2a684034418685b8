import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Node, PersistentVolume, PersistentVolumeClaim } from '@typernetes/api/core/v1';
import type { StorageClass } from '@typernetes/api/storage/v1';
import { connectCsi, csiCodecs, serveGrpc } from '@typernetes/cri';
import { driverName } from './names.ts';
import { type Binder, nodeHandlers } from './node-service.ts';
import {
  claimProblem,
  isFree,
  isOurs,
  isToGrow,
  isToRemove,
  mayTake,
  pendingStatus,
  volumeFor,
} from './volume-plan.ts';

function claim(annotations: Record<string, string>, spec: object = {}): PersistentVolumeClaim {
  const metadata = { name: 'data', namespace: 'shop', uid: '1-2', annotations };
  const resources = { requests: { storage: '1Gi' } };
  return { metadata, spec: { accessModes: ['ReadWriteOnce'], resources, storageClassName: 'local', ...spec } } as never;
}

const chosen = {
  'volume.kubernetes.io/storage-provisioner': driverName,
  'volume.kubernetes.io/selected-node': 'n1',
};
const storageClass: StorageClass = { metadata: { name: 'local' }, provisioner: driverName } as never;

test('a claim is provisioned by the node that the scheduler has chosen', () => {
  assert.ok(isOurs(claim(chosen), 'n1'));
  assert.ok(!isOurs(claim(chosen), 'n2'));
  assert.ok(!isOurs(claim({ ...chosen, 'volume.kubernetes.io/storage-provisioner': 'other' }), 'n1'));
  assert.ok(!isOurs(claim(chosen, { volumeName: 'pvc-1' }), 'n1'));
  assert.match(claimProblem(claim(chosen, { accessModes: ['ReadWriteMany'] })) ?? '', /one node only/);
  assert.match(claimProblem(claim(chosen, { volumeMode: 'Block' })) ?? '', /raw block/);
});

test('a claim that is bound at once is taken by a node that is open to all pods', () => {
  const free = claim({ 'volume.kubernetes.io/storage-provisioner': driverName });
  assert.ok(isFree(free, storageClass));
  assert.ok(!isFree(free, { ...storageClass, volumeBindingMode: 'WaitForFirstConsumer' }));
  assert.ok(!isFree(claim(chosen), storageClass));
  const node = { metadata: { name: 'n1' } } as Node;
  const only = (name: string): StorageClass => ({
    ...storageClass,
    allowedTopologies: [
      { matchLabelExpressions: [{ key: 'topology.local-storage.typernetes.io/node', values: [name] }] },
    ],
  });
  assert.ok(mayTake(node, storageClass));
  assert.ok(mayTake(node, only('n1')));
  assert.ok(!mayTake(node, only('n2')));
  assert.ok(!mayTake({ ...node, spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } }, storageClass));
});

test('the volume is accessible from that node only, and is deleted when released', () => {
  const volume = volumeFor(claim(chosen), storageClass, 'n1');
  assert.equal(volume.metadata.name, 'pvc-1-2');
  assert.equal(volume.spec?.claimRef?.uid, '1-2');
  assert.equal(volume.spec?.capacity?.storage, '1Gi');
  const released = { ...volume, status: { phase: 'Released' } } as PersistentVolume;
  assert.ok(isToRemove(released, 'n1'));
  assert.ok(!isToRemove(released, 'n2'));
  assert.ok(!isToRemove({ ...released, status: { phase: 'Bound' } }, 'n1'));
  const retained = { ...released, spec: { ...released.spec, persistentVolumeReclaimPolicy: 'Retain' } };
  assert.ok(!isToRemove(retained as PersistentVolume, 'n1'));
});

test('a volume grows with its claim and never shrinks', () => {
  const bound = claim(chosen, { volumeName: 'pvc-1-2', resources: { requests: { storage: '2Gi' } } });
  const status = { phase: 'Bound', conditions: [{ type: 'ModifyingVolume', status: 'True' }] } as const;
  const grown = { ...bound, status } as unknown as PersistentVolumeClaim;
  const volume = volumeFor(claim(chosen), storageClass, 'n1') as PersistentVolume;
  assert.ok(isToGrow(grown, volume));
  assert.ok(!isToGrow({ ...grown, status: { phase: 'Pending' } }, volume));
  assert.ok(!isToGrow(claim(chosen, { resources: { requests: { storage: '1Mi' } } }), volume));
  const { conditions, ...rest } = pendingStatus(grown, 0) as { conditions: { type: string }[] };
  assert.deepEqual(
    conditions.map(({ type }) => type),
    ['ModifyingVolume', 'FileSystemResizePending'],
  );
  assert.deepEqual(rest, {
    allocatedResources: { storage: '2Gi' },
    allocatedResourceStatuses: { storage: 'NodeResizePending' },
  });
});

test('publishes a directory at the path the kubelet wants, and never a directory outside the base', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'local-storage-'));
  const mounted = new Map<string, string>();
  const binder: Binder = {
    isMounted: async (path) => mounted.has(path),
    bind: async (source, target, { readonly }) => void mounted.set(target, `${source}${readonly ? ' ro' : ''}`),
    unmount: async (path) => void mounted.delete(path),
  };
  const socket = join(folder, 'csi.sock');
  const server = await serveGrpc(
    socket,
    nodeHandlers({ nodeName: 'n1', version: '1', baseDir: folder, binder }),
    csiCodecs,
  );
  const plugin = connectCsi(socket);
  try {
    await mkdir(join(folder, 'pvc-1'));
    await writeFile(join(folder, 'pvc-1', 'kept'), '');
    const { nodeId, accessibleTopology } = await plugin.nodeInfo();
    assert.equal(nodeId, 'n1');
    assert.deepEqual(Object.values(accessibleTopology?.segments ?? {}), ['n1']);
    const request = {
      volumeId: 'pvc-1',
      stagingTargetPath: join(folder, 'global', 'mount'),
      targetPath: join(folder, 'pod', 'mount'),
      readonly: true,
      publishContext: {},
      volumeContext: {},
      secrets: {},
      volumeCapability: { mount: { fsType: '', mountFlags: [] }, accessMode: { mode: 'SINGLE_NODE_WRITER' } },
    };
    await assert.rejects(plugin.publish(request), { message: /FailedPrecondition.*not staged/ });
    const { accessMode } = request.volumeCapability;
    const block = { ...request, volumeCapability: { block: {}, accessMode } };
    const refusal = /InvalidArgument.*volume pvc-1 is a directory: volumeMode Block is not supported/;
    await assert.rejects(plugin.stage(block), { message: refusal });
    await assert.rejects(plugin.publish(block), { message: refusal });
    await plugin.stage(request);
    await plugin.stage(request);
    await plugin.publish(request);
    await plugin.publish(request);
    assert.deepEqual(
      [...mounted],
      [
        [request.stagingTargetPath, join(folder, 'pvc-1')],
        [request.targetPath, `${request.stagingTargetPath} ro`],
      ],
    );
    const at = { volumeId: 'pvc-1', volumePath: request.targetPath };
    const usages = await plugin.stats(at);
    assert.deepEqual(
      usages.map(({ unit }) => unit),
      ['BYTES', 'INODES'],
    );
    assert.equal(usages[1]?.used, '2', 'the directory and the file in it');
    const { stagingTargetPath, volumeCapability } = request;
    await plugin.expand({ ...at, stagingTargetPath, capacityRange: { requiredBytes: '9' }, volumeCapability });
    await plugin.unpublish(request);
    await plugin.unpublish(request);
    await plugin.unstage(request);
    assert.equal(mounted.size, 0);
    await assert.rejects(stat(request.targetPath));
    assert.deepEqual(await readdir(join(folder, 'pvc-1')), ['kept']);

    const inline = { ...request, volumeId: `csi-${'0'.repeat(64)}` };
    await assert.rejects(plugin.publish(inline), { message: /InvalidArgument.*not one of a claim/ });
    await plugin.publish({ ...inline, volumeContext: { 'csi.storage.k8s.io/ephemeral': 'true' } });
    assert.equal((await stat(join(folder, inline.volumeId))).mode & 0o777, 0o777);
    await plugin.unpublish(inline);
    await assert.rejects(stat(join(folder, inline.volumeId)));
    const escaping = { ...request, volumeId: '../etc' };
    await assert.rejects(plugin.publish(escaping), { message: /InvalidArgument.*not one of this driver/ });
    await assert.rejects(plugin.publish({ ...request, volumeId: 'pvc-2' }), { message: /NotFound/ });
  } finally {
    plugin.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
});
