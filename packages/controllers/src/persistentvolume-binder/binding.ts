import type { PersistentVolume, PersistentVolumeClaim } from '@typernetes/api/core/v1';
import { bindCompleted, boundByController } from './names.ts';

/** The volume as it is bound to the claim; undefined when it is so already. */
export function boundVolume(
  volume: PersistentVolume,
  { metadata }: PersistentVolumeClaim,
): PersistentVolume | undefined {
  const { claimRef } = volume.spec ?? {};
  if (claimRef?.uid === metadata.uid) return undefined;
  const { name, namespace, uid, resourceVersion } = metadata;
  const annotations = claimRef
    ? volume.metadata.annotations
    : { ...volume.metadata.annotations, [boundByController]: 'yes' };
  return {
    ...volume,
    metadata: { ...volume.metadata, ...(annotations ? { annotations } : {}) },
    spec: {
      ...volume.spec,
      claimRef: { kind: 'PersistentVolumeClaim', namespace, name, uid, apiVersion: 'v1', resourceVersion },
    },
  };
}

/** The claim as it is bound to the volume; undefined when it is so already. */
export function boundClaim(claim: PersistentVolumeClaim, volume: PersistentVolume): PersistentVolumeClaim | undefined {
  const { annotations } = claim.metadata;
  const isNamed = claim.spec?.volumeName === volume.metadata.name;
  if (isNamed && annotations?.[bindCompleted] !== undefined) return undefined;
  const byUs: Record<string, string> = isNamed ? {} : { [boundByController]: 'yes' };
  return {
    ...claim,
    metadata: { ...claim.metadata, annotations: { ...annotations, ...byUs, [bindCompleted]: 'yes' } },
    spec: { ...claim.spec, volumeName: volume.metadata.name },
  };
}

/** The status of a bound claim. Its capacity is set once: from then on expansion changes it. */
export function boundStatus(
  { status }: PersistentVolumeClaim,
  { spec }: PersistentVolume,
): PersistentVolumeClaim['status'] {
  const storage = spec?.capacity?.storage;
  const className = spec?.volumeAttributesClassName;
  return {
    ...status,
    phase: 'Bound',
    ...(spec?.accessModes ? { accessModes: spec.accessModes } : {}),
    ...(status?.phase === 'Bound' || storage === undefined ? {} : { capacity: { ...status?.capacity, storage } }),
    ...(className ? { currentVolumeAttributesClassName: status?.currentVolumeAttributesClassName ?? className } : {}),
  };
}
