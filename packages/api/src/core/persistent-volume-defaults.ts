import { roundToMilli } from './resource-list-defaults.ts';
import type { PersistentVolume } from './v1.gen.ts';
import { defaultLegacySources } from './volume-defaults.ts';

export function defaultPersistentVolume(volume: PersistentVolume): void {
  volume.spec ??= {};
  volume.spec.persistentVolumeReclaimPolicy ||= 'Retain';
  volume.spec.volumeMode ??= 'Filesystem';
  roundToMilli(volume.spec.capacity);
  if (volume.spec.hostPath) volume.spec.hostPath.type ??= '';
  defaultLegacySources(volume.spec);
  volume.status ??= {};
  volume.status.phase ||= 'Pending';
}
