import type { PersistentVolume } from '@typernetes/api/core/v1';
import { validatePersistentVolume, validatePersistentVolumeUpdate } from '@typernetes/api/validation';
import { persistentVolumeWarnings } from '@typernetes/api/warnings';
import { keepSpec, keepStatus } from '../status.ts';
import type { Strategy } from '../strategy.ts';
import { formatTime } from '../times.ts';

export const persistentVolumeStrategy: Strategy<PersistentVolume> = {
  prepareForCreate(next, { now }) {
    next.status = { phase: 'Pending', lastPhaseTransitionTime: formatTime(now) };
  },
  prepareForUpdate: keepStatus,
  validate: validatePersistentVolume,
  validateUpdate: validatePersistentVolumeUpdate,
  warningsOnCreate: persistentVolumeWarnings,
  warningsOnUpdate: persistentVolumeWarnings,
  keepsGeneration: true,
  resetFields: ['status'],
};

export const persistentVolumeStatusStrategy: Strategy<PersistentVolume> = {
  ...persistentVolumeStrategy,
  prepareForUpdate(next, current, { now }) {
    keepSpec(next, current);
    if (next.status?.phase === current.status?.phase) return;
    const given = next.status?.lastPhaseTransitionTime;
    if (!given || given === current.status?.lastPhaseTransitionTime) {
      next.status = { ...next.status, lastPhaseTransitionTime: formatTime(now) };
    }
  },
  validateUpdate: () => [],
  warningsOnUpdate: () => [],
  resetFields: ['spec'],
};
