import { roundToMilli } from './resource-list-defaults.ts';
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from './v1.gen.ts';

export function defaultPersistentVolumeClaim(claim: PersistentVolumeClaim): void {
  claim.spec ??= {};
  defaultPersistentVolumeClaimSpec(claim.spec);
  claim.status ??= {};
  claim.status.phase ||= 'Pending';
  roundToMilli(claim.status.capacity);
  roundToMilli(claim.status.allocatedResources);
}

export function defaultPersistentVolumeClaimSpec(spec: PersistentVolumeClaimSpec): void {
  spec.volumeMode ??= 'Filesystem';
  spec.resources ??= {};
  roundToMilli(spec.resources.limits);
  roundToMilli(spec.resources.requests);
}
