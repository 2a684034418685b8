import {
  type PersistentVolume,
  type PersistentVolumeClaim,
  persistentvolumeclaims,
  persistentvolumes,
} from '@typernetes/api/core/v1';
import {
  type CSIDriver,
  type CSINode,
  type CSIStorageCapacity,
  csidrivers,
  csinodes,
  csistoragecapacities,
  type StorageClass,
  storageclasses,
  type VolumeAttachment,
  volumeattachments,
} from '@typernetes/api/storage/v1';
import type { Informers, Lister } from '@typernetes/client';
import { AssumedObjects } from './assumed-objects.ts';

/** The cluster's storage as volume plugins see it. Shared by all of them, so that they see the same assumptions. */
export interface StorageView {
  readonly claims: AssumedObjects<PersistentVolumeClaim>;
  readonly volumes: AssumedObjects<PersistentVolume>;
  readonly classes: Lister<StorageClass>;
  readonly csiNodes: Lister<CSINode>;
  readonly csiDrivers: Lister<CSIDriver>;
  readonly capacities: Lister<CSIStorageCapacity>;
  readonly attachments: Lister<VolumeAttachment>;
}

export const byClass = 'class';
export const byNode = 'node';

const views = new WeakMap<Informers, StorageView>();

export function storageView(informers: Informers): StorageView {
  const known = views.get(informers);
  if (known) return known;
  const volumes = informers.for<PersistentVolume>(persistentvolumes);
  volumes.addIndex(byClass, ({ spec }) => [spec?.storageClassName ?? '']);
  const attachments = informers.for<VolumeAttachment>(volumeattachments);
  attachments.addIndex(byNode, ({ spec }) => [spec.nodeName]);
  const view: StorageView = {
    claims: new AssumedObjects(informers.for<PersistentVolumeClaim>(persistentvolumeclaims).lister),
    volumes: new AssumedObjects(volumes.lister),
    classes: informers.for<StorageClass>(storageclasses).lister,
    csiNodes: informers.for<CSINode>(csinodes).lister,
    csiDrivers: informers.for<CSIDriver>(csidrivers).lister,
    capacities: informers.for<CSIStorageCapacity>(csistoragecapacities).lister,
    attachments: attachments.lister,
  };
  views.set(informers, view);
  return view;
}
