import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type PersistentVolume,
  type PersistentVolumeClaim,
  persistentvolumeclaims,
  persistentvolumes,
} from '@typernetes/api/core/v1';
import { runController } from '../testing/index.ts';
import { persistentVolumeBinder } from './register.ts';

test('a claim whose volume has lost its reference takes it back', () =>
  runController(persistentVolumeBinder, async ({ api, settle }) => {
    const volumes = api.resource<PersistentVolume>(persistentvolumes);
    const capacity = { storage: '1Gi' };
    const shared = { accessModes: ['ReadWriteOnce' as const], storageClassName: 'late' };
    await volumes.create({ metadata: { name: 'v' }, spec: { ...shared, capacity, hostPath: { path: '/data' } } });
    await api.resource(persistentvolumeclaims).create({
      metadata: { name: 'c', namespace: 'shop' },
      spec: { ...shared, volumeName: 'v', resources: { requests: capacity } },
    });
    await settle();
    const bound = await volumes.get({ name: 'v' });
    assert.deepEqual([bound.spec?.claimRef?.name, bound.status?.phase], ['c', 'Bound']);
    await volumes.patch({ name: 'v' }, { spec: { claimRef: null } }, { type: 'merge' });
    await settle();
    const again = await volumes.get({ name: 'v' });
    assert.deepEqual([again.spec?.claimRef?.name, again.status?.phase], ['c', 'Bound']);
  }));

test('a claim is updated when the volume that it names appears and is bound to another', () =>
  runController(persistentVolumeBinder, async ({ api, events, settle }) => {
    const capacity = { storage: '1Gi' };
    const shared = { accessModes: ['ReadWriteOnce' as const], storageClassName: 'late' };
    await api.resource(persistentvolumeclaims).create({
      metadata: { name: 'c', namespace: 'shop' },
      spec: { ...shared, volumeName: 'v', resources: { requests: capacity } },
    });
    await settle();
    const claimRef = { namespace: 'shop', name: 'other' };
    const spec = { ...shared, capacity, hostPath: { path: '/data' }, claimRef };
    await api.resource(persistentvolumes).create({ metadata: { name: 'v' }, spec });
    await settle();
    assert.ok(events.seen.includes('Warning FailedBinding volume "v" already bound to a different claim.'));
  }));

test('a claim that has lost its volume has an empty status', () =>
  runController(persistentVolumeBinder, async ({ api, settle }) => {
    const capacity = { storage: '1Gi' };
    const shared = { accessModes: ['ReadWriteOnce' as const], storageClassName: 'late' };
    const claims = api.resource<PersistentVolumeClaim>(persistentvolumeclaims);
    const volumes = api.resource<PersistentVolume>(persistentvolumes);
    await volumes.create({ metadata: { name: 'v' }, spec: { ...shared, capacity, hostPath: { path: '/data' } } });
    const ref = { name: 'c', namespace: 'shop' };
    await claims.create({ metadata: ref, spec: { ...shared, resources: { requests: capacity } } });
    await settle();
    assert.deepEqual((await claims.get(ref)).status?.capacity, capacity);
    await volumes.delete({ name: 'v' });
    await settle();
    assert.deepEqual((await claims.get(ref)).status, { phase: 'Lost' });
  }));
