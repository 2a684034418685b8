import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '@typernetes/api/core/v1';
import {
  validatePersistentVolumeClaim,
  validatePersistentVolumeClaimStatus,
  validatePersistentVolumeClaimUpdate,
} from '@typernetes/api/validation';
import { claimWarnings } from '@typernetes/api/warnings';
import { keepSpec, keepStatus } from '../status.ts';
import type { Strategy } from '../strategy.ts';

export const persistentVolumeClaimStrategy: Strategy<PersistentVolumeClaim> = {
  prepareForCreate(next) {
    next.status = { phase: 'Pending' };
    dropUnknownSource(next.spec);
    mirrorSources(next.spec);
  },
  prepareForUpdate(next, current) {
    keepStatus(next, current);
    mirrorSources(next.spec);
  },
  validate: validatePersistentVolumeClaim,
  validateUpdate: validatePersistentVolumeClaimUpdate,
  warningsOnCreate: claimWarnings,
  warningsOnUpdate: claimWarnings,
  keepsGeneration: true,
  resetFields: ['status'],
};

export const persistentVolumeClaimStatusStrategy: Strategy<PersistentVolumeClaim> = {
  ...persistentVolumeClaimStrategy,
  prepareForUpdate: keepSpec,
  validateUpdate: validatePersistentVolumeClaimStatus,
  warningsOnUpdate: () => [],
  resetFields: ['spec'],
};

/** The older field took claims and snapshots only, and ignored everything else. */
function dropUnknownSource(spec: PersistentVolumeClaimSpec): void {
  const { dataSource } = spec;
  if (!dataSource || spec.dataSourceRef) return;
  const isClaim = dataSource.kind === 'PersistentVolumeClaim' && !dataSource.apiGroup;
  const isSnapshot = dataSource.kind === 'VolumeSnapshot' && dataSource.apiGroup === 'snapshot.storage.k8s.io';
  if (!isClaim && !isSnapshot) delete spec.dataSource;
}

/** Both fields have the same value, except that the older one cannot refer to another namespace. */
function mirrorSources(spec: PersistentVolumeClaimSpec): void {
  if (spec.dataSource && !spec.dataSourceRef) spec.dataSourceRef = { ...spec.dataSource };
  else if (spec.dataSourceRef && !spec.dataSource && !spec.dataSourceRef.namespace) {
    const { apiGroup, kind, name } = spec.dataSourceRef;
    spec.dataSource = { ...(apiGroup ? { apiGroup } : {}), kind, name };
  }
}
