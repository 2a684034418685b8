import assert from 'node:assert/strict';
import { test } from 'node:test';
import { events, type Pod, persistentvolumeclaims, persistentvolumes, pods } from '@typernetes/api/core/v1';
import { storageclasses } from '@typernetes/api/storage/v1';
import type { ApiClient } from '@typernetes/client';
import { eventually } from './api.ts';
import { withCluster } from './cluster.ts';

const namespace = 'default';
const accessModes = ['ReadWriteOnce'];
const resources = { requests: { storage: '1Gi' } };

function makeVolume(client: ApiClient, name: string, storage: string, storageClassName = ''): Promise<unknown> {
  const spec = { capacity: { storage }, accessModes, hostPath: { path: `/srv/${name}` }, storageClassName };
  return client.resource(persistentvolumes).create({ metadata: { name }, spec });
}

const pod = (volume: NonNullable<Pod['spec']['volumes']>[number]) => ({
  metadata: { name: 'web', namespace },
  spec: { containers: [{ name: 'web', image: 'web:1' }], volumes: [volume] },
});

test('claims are bound, protected while pods use them, and their volumes released', () =>
  withCluster({}, async (client) => {
    const claims = client.resource(persistentvolumeclaims);
    const volumes = client.resource(persistentvolumes);
    const ref = { namespace, name: 'data' };
    await makeVolume(client, 'large', '10Gi');
    await makeVolume(client, 'small', '2Gi');
    const phases = async () =>
      (await volumes.list()).items.map(({ metadata, status }) => `${metadata.name} ${status?.phase}`);
    await eventually(async () =>
      (await phases()).sort().join() === 'large Available,small Available' ? true : undefined,
    );
    await claims.create({ metadata: ref, spec: { accessModes, resources, storageClassName: '' } });
    const bound = await eventually(async () => {
      const claim = await claims.get(ref);
      return claim.status?.phase === 'Bound' ? claim : undefined;
    });
    assert.deepEqual([bound.spec?.volumeName, bound.status?.capacity], ['small', { storage: '2Gi' }]);
    await eventually(async () => ((await phases()).sort().join() === 'large Available,small Bound' ? true : undefined));

    await client.resource(pods).create(pod({ name: 'data', persistentVolumeClaim: { claimName: 'data' } }));
    await eventually(async () => {
      const { status } = await client.resource(pods).get({ namespace, name: 'web' });
      return status?.phase === 'Running' ? true : undefined;
    });
    await claims.delete(ref);
    assert.ok((await claims.get(ref)).metadata.deletionTimestamp);
    await client.resource(pods).delete({ namespace, name: 'web' });
    await eventually(async () => ((await claims.list({ namespace })).items.length === 0 ? true : undefined));
    await eventually(async () => ((await phases()).includes('small Released') ? true : undefined));
  }));

test('a generic ephemeral claim with late binding waits for its pod, goes to the provisioner and is deleted with the pod', () =>
  withCluster({}, async (client) => {
    const claims = client.resource(persistentvolumeclaims);
    await client.resource(storageclasses).create({
      metadata: { name: 'late', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      provisioner: 'acme.io/disk',
      volumeBindingMode: 'WaitForFirstConsumer',
    });
    await claims.create({ metadata: { name: 'lonely', namespace }, spec: { accessModes, resources } });
    await eventually(async () => {
      const { items } = await client.resource(events).list({ namespace });
      return items.some(({ reason }) => reason === 'WaitForFirstConsumer') ? true : undefined;
    });
    const volumeClaimTemplate = { spec: { accessModes, resources } };
    await client.resource(pods).create(pod({ name: 'scratch', ephemeral: { volumeClaimTemplate } }));
    const ref = { namespace, name: 'web-scratch' };
    const handed = await eventually(async () => {
      const claim = await claims.get(ref).catch(() => undefined);
      return claim?.metadata.annotations?.['volume.kubernetes.io/storage-provisioner'] ? claim : undefined;
    });
    assert.ok(handed.metadata.annotations?.['volume.kubernetes.io/selected-node']);
    // What an external provisioner does: creates a volume for the claim.
    const claimRef = { kind: 'PersistentVolumeClaim', namespace, name: ref.name, uid: handed.metadata.uid };
    await client.resource(persistentvolumes).create({
      metadata: { name: 'made', annotations: { 'pv.kubernetes.io/provisioned-by': 'acme.io/disk' } },
      spec: {
        capacity: { storage: '1Gi' },
        accessModes,
        storageClassName: 'late',
        claimRef,
        persistentVolumeReclaimPolicy: 'Delete',
        csi: { driver: 'disk.acme.io', volumeHandle: 'made' },
      },
    });
    await eventually(async () => {
      const { status } = await client.resource(pods).get({ namespace, name: 'web' });
      return status?.phase === 'Running' ? true : undefined;
    });
    assert.equal((await claims.get(ref)).status?.phase, 'Bound');
    await client.resource(pods).delete({ namespace, name: 'web' });
    await eventually(async () => {
      const { items } = await claims.list({ namespace });
      return items.every(({ metadata }) => metadata.name !== ref.name) ? true : undefined;
    });
    await eventually(async () => {
      const { status } = await client.resource(persistentvolumes).get({ name: 'made' });
      return status?.phase === 'Released' ? true : undefined;
    });
  }));
