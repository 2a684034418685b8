import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { nodes, type PersistentVolume, persistentvolumeclaims } from '@typernetes/api/core/v1';
import { csidrivers, csinodes, volumeattachments } from '@typernetes/api/storage/v1';
import { systemClock } from '@typernetes/base';
import { silentLogger } from '@typernetes/base/testing';
import { FakeApi } from '@typernetes/client/testing';
import { PluginRegistry } from '../plugins/plugin-registry.ts';
import { podOf } from '../testing/pod-machine.ts';
import { driver, startDriver } from '../testing/storage-driver.ts';
import type { BoundVolume } from '../volumes/persistent.ts';
import { CsiDrivers } from './csi-drivers.ts';
import { CsiNodeWriter } from './csi-node.ts';
import { attachmentName } from './csi-paths.ts';
import { CsiVolumes } from './csi-volumes.ts';

const notNeeded = () => Promise.reject(new Error('none is needed'));

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = systemClock.monotonic() + 20_000;
  while (!(await condition())) {
    assert.ok(systemClock.monotonic() < deadline, condition.toString());
    await systemClock.sleep(5);
  }
}

test('a driver registers; its volumes are attached, staged, published and unpublished, across restarts', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'csi-'));
  const stop = new AbortController();
  const api = new FakeApi();
  await mkdir(join(folder, 'registry'));
  const service = await startDriver(folder);
  await api.resource(nodes).create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' }, spec: {} });
  const writer = new CsiNodeWriter(api, 'n');
  const drivers = new CsiDrivers({ onDriver: (name, info, signal) => writer.set(name, info, signal) });
  const registry = new PluginRegistry({
    directory: join(folder, 'registry'),
    handlers: { CSIPlugin: drivers },
    clock: systemClock,
    log: silentLogger,
  });
  const running = registry.run(stop.signal);
  try {
    await until(() => service.registrations.length > 0);
    assert.deepEqual(service.registrations, ['']);
    const { spec } = await api.resource(csinodes).get({ name: 'n' });
    assert.deepEqual(spec.drivers, [
      { name: driver, nodeID: 'node-1', topologyKeys: ['topology.disks/host'], allocatable: { count: 7 } },
    ]);
    const node = await api.resource(nodes).get({ name: 'n' });
    assert.equal(node.metadata.labels?.['topology.disks/host'], 'n');
    assert.equal(node.metadata.annotations?.['csi.volume.kubernetes.io/nodeid'], `{"${driver}":"node-1"}`);

    const events: string[] = [];
    const volumes = () =>
      new CsiVolumes({
        nodeName: 'n',
        podsDir: join(folder, 'pods'),
        pluginsDir: join(folder, 'plugins'),
        drivers,
        client: api,
        clock: systemClock,
        sources: { secret: notNeeded, token: notNeeded },
        recorder: { event: ({ kind }, _, reason, message) => void events.push(`${kind} ${reason} ${message}`) },
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

    const { path } = await first.prepare(a, bound);
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
    service.refused.add('NodeUnstageVolume');
    await assert.rejects(second.remove('uid-b'), /the disk is on fire/);
    service.refused.clear();
    await second.remove('uid-b');
    assert.deepEqual(
      service.calls.slice(2),
      ['NodeUnpublishVolume', 'NodeUnstageVolume', 'NodeUnpublishVolume', 'NodeUnstageVolume'],
      'what failed is asked for again',
    );
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

    const claim = await api.resource(persistentvolumeclaims).create({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'c', namespace: 'default' },
      spec: {},
      status: {
        capacity: { storage: '1Gi' },
        conditions: [{ type: 'FileSystemResizePending', status: 'True' }],
        allocatedResourceStatuses: { storage: 'NodeResizePending' },
      },
    });
    const grown: BoundVolume = {
      claim,
      volume: { ...volume, spec: { ...volume.spec, capacity: { storage: '2Gi' } } },
      readOnly: false,
    };
    service.calls.length = 0;
    service.refused.add('NodeExpandVolume');
    await second.prepare(a, grown);
    assert.match(events.pop() ?? '', /^PersistentVolumeClaim VolumeResizeFailed .* the disk is on fire$/);
    service.refused.clear();
    const published = await second.prepare(a, grown);
    assert.deepEqual(service.calls, ['NodeExpandVolume', 'NodeExpandVolume'], 'only the size was new');
    assert.deepEqual(service.requests.at(-1)?.capacityRange, { requiredBytes: String(2 ** 31), limitBytes: '0' });
    const { status } = await api.resource(persistentvolumeclaims).get({ namespace: 'default', name: 'c' });
    assert.deepEqual(status?.capacity, { storage: '2Gi' });
    assert.deepEqual(status?.conditions ?? [], []);
    assert.equal(status?.allocatedResourceStatuses, undefined);
    assert.match(
      events.pop() ?? '',
      /FileSystemResizeSuccessful MountVolume.NodeExpandVolume succeeded for volume "pv" n$/,
    );
    assert.equal((await second.usage(published))[0]?.used, '4');
    await second.remove('uid-a');

    const inline = { name: 'scratch', csi: { driver, volumeAttributes: { kind: 'fast' } } };
    await assert.rejects(second.prepareInline(a, inline), {
      message: `volume mode "Ephemeral" not supported by driver ${driver} (only supports ["Persistent"])`,
    });
    const object = await api.resource(csidrivers).get({ name: driver });
    const spec2 = { ...object.spec, volumeLifecycleModes: ['Ephemeral' as const], podInfoOnMount: true };
    await api.resource(csidrivers).update({ ...object, spec: spec2 });
    service.calls.length = 0;
    const { handle } = await second.prepareInline(a, inline);
    assert.match(handle, /^csi-[0-9a-f]{64}$/);
    const { volumeContext } = service.requests.at(-1) as { volumeContext: Record<string, string> };
    assert.equal(volumeContext['csi.storage.k8s.io/ephemeral'], 'true');
    assert.equal(volumeContext.kind, 'fast');
    await second.remove('uid-a');
    assert.deepEqual(service.calls, ['NodePublishVolume', 'NodeUnpublishVolume'], 'it is never staged');

    await service.registration.close();
    await until(async () => !(await api.resource(csinodes).get({ name: 'n' })).spec.drivers?.length);
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
