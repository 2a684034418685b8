import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type PersistentVolume,
  type PersistentVolumeClaim,
  persistentvolumeclaims,
  persistentvolumes,
} from '@typernetes/api/core/v1';
import type { Draft } from '@typernetes/machinery';
import { runController } from '../testing/index.ts';
import { persistentVolumeExpander } from './register.ts';

const sources = [
  ['Normal', { csi: { driver: 'disk.example.com', volumeHandle: '7' } }],
  ['Warning', { hostPath: { path: '/data' } }],
] as const;
for (const [type, source] of sources)
  test(`a claim that asks for more is told once who has to expand it: ${Object.keys(source)}`, () =>
    runController(
      persistentVolumeExpander,
      async ({ api, events, settle }) => {
        const claims = api.resource(persistentvolumeclaims);
        assert.deepEqual(events.seen, [], 'it has what it asks for');
        const ask = { spec: { resources: { requests: { storage: '2Gi' } } } };
        await claims.patch({ name: 'data', namespace: 'shop' }, ask, { type: 'merge' });
        await settle();
        const expected = [`${type} ExternalExpanding waiting for an external controller to expand this PVC`];
        assert.deepEqual(events.seen, expected);
        for (const status of [
          { conditions: [{ type: 'Resizing', status: 'True' }] },
          { capacity: { storage: '2Gi' } },
        ]) {
          await claims.patch({ name: 'data', namespace: 'shop' }, { status }, { type: 'merge', subresource: 'status' });
          await settle();
        }
        assert.deepEqual(events.seen, expected);
      },
      {
        prepare: async (api) => {
          const claim = await api.resource(persistentvolumeclaims).create({
            metadata: { name: 'data', namespace: 'shop' },
            spec: { volumeName: 'pv', resources: { requests: { storage: '1Gi' } } },
            status: { phase: 'Bound', capacity: { storage: '1024Mi' } },
          } as Draft<PersistentVolumeClaim>);
          await api.resource(persistentvolumes).create({
            metadata: { name: 'pv' },
            spec: { ...source, claimRef: { namespace: 'shop', name: 'data', uid: claim.metadata.uid } },
          } as Draft<PersistentVolume>);
        },
      },
    ));
