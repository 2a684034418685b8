import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { PersistentVolume, Secret } from '@typernetes/api/core/v1';
import { type CSIDriverSpec, csidrivers } from '@typernetes/api/storage/v1';
import { FakeClock } from '@typernetes/base/testing';
import { FakeApi } from '@typernetes/client/testing';
import { connectCsi } from '@typernetes/cri';
import { podOf } from '../testing/pod-machine.ts';
import { driver, startDriver } from '../testing/storage-driver.ts';
import type { BoundVolume } from '../volumes/persistent.ts';
import { CsiVolumes } from './csi-volumes.ts';

interface Published {
  readonly targetPath: string;
  readonly stagingTargetPath: string;
  readonly volumeContext: Record<string, string>;
  readonly secrets: Record<string, string>;
  readonly volumeCapability: { readonly block: object | null; readonly mount: object | null };
}

function bound(spec: object = {}): BoundVolume {
  const csi = { driver, volumeHandle: 'h', nodePublishSecretRef: { name: 's', namespace: 'default' } };
  const volume = { metadata: { name: 'pv', uid: 'pv' }, spec: { csi, accessModes: ['ReadWriteMany'], ...spec } };
  return { claim: {} as never, volume: volume as PersistentVolume, readOnly: false };
}

/** A machine with a CSI driver whose CSIDriver object has this spec. */
async function machine(t: TestContext, spec: CSIDriverSpec) {
  const folder = await mkdtemp(join(tmpdir(), 'csi-'));
  await mkdir(join(folder, 'registry'));
  const service = await startDriver(folder);
  const plugin = connectCsi(join(folder, 'csi.sock'));
  const api = new FakeApi();
  const metadata = { name: driver };
  await api.resource(csidrivers).create({ apiVersion: 'storage.k8s.io/v1', kind: 'CSIDriver', metadata, spec });
  const clock = new FakeClock();
  t.after(async () => {
    plugin.close();
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  });
  let issued = 0;
  const volumes = () =>
    new CsiVolumes({
      nodeName: 'n',
      podsDir: join(folder, 'pods'),
      pluginsDir: join(folder, 'plugins'),
      drivers: { get: () => plugin },
      client: api,
      clock,
      sources: {
        secret: async () => ({ data: { user: Buffer.from('me').toString('base64') } }) as unknown as Secret,
        token: async (pod, audience = 'the API', seconds) => ({
          token: `${++issued} ${pod.metadata.name} ${audience} ${seconds}`,
          expirationTimestamp: '2026-01-01T00:00:00Z',
        }),
      },
      recorder: { event: () => {} },
    });
  const last = () => service.requests.at(-1) as unknown as Published;
  return { folder, service, api, clock, volumes, last };
}

test("a raw block volume is a device at upstream's path, also after a restart of the kubelet", async (t) => {
  const { folder, service, volumes, last } = await machine(t, { attachRequired: false });
  const raw = bound({ volumeMode: 'Block' });
  const devices = join(folder, 'plugins/kubernetes.io/csi/volumeDevices');
  const { path } = await volumes().prepare(podOf('a'), raw);
  assert.equal(path, join(devices, 'publish/pv/uid-a'));
  assert.equal(last().stagingTargetPath, join(devices, 'staging/pv'));
  assert.deepEqual([last().volumeCapability.block, last().volumeCapability.mount], [{}, null]);
  assert.equal(await readFile(path, 'utf8'), 'the device');
  const link = join(folder, 'pods/uid-a/volumeDevices/kubernetes.io~csi/pv');
  assert.equal(await readlink(link), path);
  await volumes().prepare(podOf('b'), raw);

  const restarted = volumes();
  service.calls.length = 0;
  await restarted.remove('uid-a');
  await assert.rejects(readlink(link));
  await restarted.remove('uid-b');
  assert.deepEqual(service.calls, ['NodeUnpublishVolume', 'NodeUnpublishVolume', 'NodeUnstageVolume']);
  assert.deepEqual(await readdir(join(devices, 'publish')), []);
  assert.deepEqual(await readdir(join(devices, 'staging')), []);
});

test('a driver gets tokens of the pod for the audiences it asks for, and new ones if it wants to be called again', async (t) => {
  const tokenRequests = [{ audience: 'vault', expirationSeconds: 600 }, { audience: '' }];
  const { service, volumes, last } = await machine(t, {
    attachRequired: false,
    tokenRequests,
    requiresRepublish: true,
  });
  const own = volumes();
  await own.prepare(podOf('a'), bound());
  const tokens = () => JSON.parse(last().volumeContext['csi.storage.k8s.io/serviceAccount.tokens'] ?? '');
  const expirationTimestamp = '2026-01-01T00:00:00Z';
  assert.deepEqual(tokens(), {
    '': { token: '2 a the API 3600', expirationTimestamp },
    vault: { token: '1 a vault 600', expirationTimestamp },
  });
  assert.deepEqual(last().secrets, { user: 'me' });
  await own.prepare(podOf('a'), bound());
  assert.equal(tokens().vault.token, '3 a vault 600');
  assert.deepEqual(service.calls, ['NodeStageVolume', 'NodePublishVolume', 'NodePublishVolume']);
  service.refused.add('NodePublishVolume');
  await assert.rejects(own.prepare(podOf('a'), bound()), /the disk is on fire/);
  service.calls.length = 0;
  await own.remove('uid-a');
  assert.deepEqual(service.calls, ['NodeUnpublishVolume', 'NodeUnstageVolume'], 'a failure leaves all in its place');
});

test('tokens are passed as secrets if the driver asks for that, and CSIDriver objects are re-read once a minute', async (t) => {
  const tokenRequests = [{ audience: 'vault' }];
  const spec = { attachRequired: false, tokenRequests, serviceAccountTokenInSecrets: true };
  const { api, clock, service, volumes, last } = await machine(t, spec);
  const own = volumes();
  await own.prepare(podOf('a'), bound());
  assert.deepEqual(Object.keys(last().secrets), ['csi.storage.k8s.io/serviceAccount.tokens', 'user'].toReversed());
  assert.deepEqual(last().volumeContext, {});
  const object = await api.resource(csidrivers).get({ name: driver });
  await api.resource(csidrivers).update({ ...object, spec: { ...spec, requiresRepublish: true } });
  const times = service.calls.length;
  await own.prepare(podOf('a'), bound());
  assert.equal(service.calls.length, times, 'it is not known yet');
  await clock.advance(60_000);
  await own.prepare(podOf('a'), bound());
  assert.equal(service.calls.at(-1), 'NodePublishVolume');
  assert.equal(service.calls.length, times + 1);
});
