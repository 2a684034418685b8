import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { nodes, type PersistentVolume } from '@typernetes/api/core/v1';
import { csidrivers, csinodes, volumeattachments } from '@typernetes/api/storage/v1';
import { systemClock } from '@typernetes/base';
import { silentLogger } from '@typernetes/base/testing';
import { FakeApi } from '@typernetes/client/testing';
import { csiCodecs, csiMethod, type Handler, RuntimeError, registrationMethods, serveGrpc } from '@typernetes/cri';
import { podOf } from '../testing/pod-machine.ts';
import type { BoundVolume } from '../volumes/persistent.ts';
import { CsiDrivers } from './csi-drivers.ts';
import { CsiNodeWriter } from './csi-node.ts';
import { attachmentName } from './csi-paths.ts';
import { CsiVolumes } from './csi-volumes.ts';

const driver = 'disks.example.com';

/** A driver in this process, on real sockets. `calls` has the methods in order; `refuse` makes one fail. */
async function startDriver(folder: string) {
  const calls: string[] = [];
  const refused = new Set<string>();
  const node = (name: string, answer: (request: never) => unknown = () => ({})): Handler => ({
    method: csiMethod('Node', name),
    answer: async (request) => {
      if (name !== 'NodeGetCapabilities') calls.push(name);
      if (refused.has(name)) throw new RuntimeError('Internal', 'the disk is on fire');
      return answer(request);
    },
  });
  const endpoint = join(folder, 'csi.sock');
  const server = await serveGrpc(
    endpoint,
    [
      node('NodeGetInfo', () => ({
        nodeId: 'node-1',
        maxVolumesPerNode: '7',
        accessibleTopology: { segments: { 'topology.disks/host': 'n' } },
      })),
      node('NodeGetCapabilities', () => ({ capabilities: [{ rpc: { type: 'STAGE_UNSTAGE_VOLUME' } }] })),
      node('NodeStageVolume'),
      node('NodeUnstageVolume'),
      node('NodePublishVolume', async ({ targetPath }: { targetPath: string }) => {
        await mkdir(targetPath, { recursive: true });
        return {};
      }),
      node('NodeUnpublishVolume', async ({ targetPath }: { targetPath: string }) => {
        await rmdir(targetPath);
        return {};
      }),
    ],
    csiCodecs,
  );
  const told: string[] = [];
  const info = { type: 'CSIPlugin', name: driver, endpoint, supportedVersions: ['1.0.0'] };
  const registration = await serveGrpc(
    join(folder, 'registry', `${driver}-reg.sock`),
    [
      { method: registrationMethods.info, answer: async () => info },
      {
        method: registrationMethods.notify,
        answer: async ({ error }: { error: string }) => {
          told.push(error);
          return {};
        },
      },
    ],
    csiCodecs,
  );
  return { calls, refused, told, registration, stop: () => Promise.all([server.close(), registration.close()]) };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = systemClock.monotonic() + 20_000;
  while (!(await condition())) {
    assert.ok(systemClock.monotonic() < deadline, condition.toString());
    await systemClock.sleep(5);
  }
}

test('a driver registers; its volumes are attached, staged, published and taken back, over restarts', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'csi-'));
  const stop = new AbortController();
  const api = new FakeApi();
  await mkdir(join(folder, 'registry'));
  const service = await startDriver(folder);
  await api.resource(nodes).create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' }, spec: {} });
  const writer = new CsiNodeWriter(api, 'n');
  const drivers = new CsiDrivers({
    registryDir: join(folder, 'registry'),
    clock: systemClock,
    log: silentLogger,
    onDriver: (name, info, signal) => writer.set(name, info, signal),
  });
  const running = drivers.run(stop.signal);
  try {
    await until(() => service.told.length > 0);
    assert.deepEqual(service.told, ['']);
    const { spec } = await api.resource(csinodes).get({ name: 'n' });
    assert.deepEqual(spec.drivers, [
      { name: driver, nodeID: 'node-1', topologyKeys: ['topology.disks/host'], allocatable: { count: 7 } },
    ]);
    const node = await api.resource(nodes).get({ name: 'n' });
    assert.equal(node.metadata.labels?.['topology.disks/host'], 'n');
    assert.equal(node.metadata.annotations?.['csi.volume.kubernetes.io/nodeid'], `{"${driver}":"node-1"}`);

    const volumes = () =>
      new CsiVolumes({
        nodeName: 'n',
        podsDir: join(folder, 'pods'),
        pluginsDir: join(folder, 'plugins'),
        drivers,
        client: api,
        sources: { secret: () => Promise.reject(new Error('none is needed')) },
      });
    const first = volumes();
    const volume: PersistentVolume = {
      metadata: { name: 'pv', uid: 'pv' },
      spec: { csi: { driver, volumeHandle: 'h' }, accessModes: ['ReadWriteMany'] },
    } as never;
    const bound: BoundVolume = { claim: {} as never, volume, readOnly: false };
    const [a, b] = [podOf('a'), podOf('b')];
    service.calls.length = 0;
    await assert.rejects(first.prepare(a, bound), { name: 'PendingError' });
    const attachment = await api.resource(volumeattachments).create({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'VolumeAttachment',
      metadata: { name: attachmentName('h', driver, 'n') },
      spec: { attacher: driver, nodeName: 'n', source: { persistentVolumeName: 'pv' } },
    });
    await assert.rejects(first.prepare(a, bound), { name: 'PendingError' });
    const refused = { attached: false, attachError: { message: 'no such disk' } };
    const updated = await api.resource(volumeattachments).updateStatus({ ...attachment, status: refused });
    await assert.rejects(first.prepare(a, bound), { message: 'no such disk' });
    assert.deepEqual(service.calls, [], 'nothing was asked of the driver before the volume was attached');
    await api.resource(volumeattachments).updateStatus({ ...updated, status: { attached: true } });

    const path = await first.prepare(a, bound);
    assert.ok((await stat(path)).isDirectory());
    assert.deepEqual(service.calls, ['NodeStageVolume', 'NodePublishVolume']);
    await first.prepare(a, bound);
    assert.equal(service.calls.length, 2, 'a second look asks for nothing');
    await first.prepare(b, bound);
    assert.deepEqual(first.inUse, [`kubernetes.io/csi/${driver}^h`]);

    const second = volumes();
    service.calls.length = 0;
    service.refused.add('NodeUnpublishVolume');
    await assert.rejects(second.remove('uid-a'), { message: 'rpc error: code = Internal desc = the disk is on fire' });
    assert.ok((await stat(path)).isDirectory(), 'it is kept until the driver has let go');
    service.refused.clear();
    await second.remove('uid-a');
    assert.deepEqual(service.calls, ['NodeUnpublishVolume', 'NodeUnpublishVolume']);
    await second.remove('uid-b');
    assert.deepEqual(service.calls.slice(2), ['NodeUnpublishVolume', 'NodeUnstageVolume']);
    await second.remove('uid-b');
    assert.deepEqual(await readdir(join(folder, 'plugins', 'kubernetes.io', 'csi', driver)), []);

    await api.resource(csidrivers).create({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'CSIDriver',
      metadata: { name: driver },
      spec: { attachRequired: false },
    });
    await api.resource(volumeattachments).delete({ name: attachment.metadata.name });
    await second.prepare(a, bound);
    await second.remove('uid-a');

    await service.registration.close();
    await until(async () => (await api.resource(csinodes).get({ name: 'n' })).spec.drivers.length === 0);
    assert.throws(() => drivers.get(driver), {
      message: `driver name ${driver} not found in the list of registered CSI drivers`,
    });
  } finally {
    stop.abort();
    await running;
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
