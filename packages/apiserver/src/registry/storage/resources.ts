import {
  csidrivers,
  csinodes,
  csistoragecapacities,
  storageclasses,
  type VolumeAttachment,
  volumeattachments,
  volumeattributesclasses,
} from '@typernetes/api/storage/v1';
import {
  validateCSIDriver,
  validateCSIDriverUpdate,
  validateCSINode,
  validateCSINodeUpdate,
  validateCSIStorageCapacity,
  validateCSIStorageCapacityUpdate,
  validateStorageClass,
  validateStorageClassUpdate,
  validateVolumeAttachment,
  validateVolumeAttachmentUpdate,
  validateVolumeAttributesClass,
  validateVolumeAttributesClassUpdate,
} from '@typernetes/api/validation';
import { storageCapacityWarnings, storageClassWarnings } from '@typernetes/api/warnings';
import { part, serve } from '../serve.ts';
import type { ServedResource } from '../served-resource.ts';
import { recordStrategy, splitStatusStrategy, splitStrategy } from '../strategies.ts';
import type { Strategy } from '../strategy.ts';
import {
  csiDriverPrinter,
  csiNodePrinter,
  storageClassPrinter,
  volumeAttachmentPrinter,
  volumeAttributesClassPrinter,
} from './printers.ts';

/** Writers must have seen what they replace. */
const guarded: Strategy = { allowUnconditionalUpdate: false };
const guardedRecord: Strategy = { ...guarded, keepsGeneration: true };

const volumeAttachmentStrategy: Strategy<VolumeAttachment> = {
  ...splitStrategy,
  ...guardedRecord,
  prepareForCreate(next) {
    next.status = { attached: false };
  },
  validate: validateVolumeAttachment,
  validateUpdate: validateVolumeAttachmentUpdate,
};

const volumeAttachmentStatusStrategy: Strategy<VolumeAttachment> = {
  ...splitStatusStrategy,
  ...guardedRecord,
  validateUpdate: validateVolumeAttachment,
  resetFields: ['metadata', 'spec'],
};

export const storageResources: readonly ServedResource[] = [
  serve(csidrivers, {
    strategy: { ...guarded, validate: validateCSIDriver, validateUpdate: validateCSIDriverUpdate },
    printer: csiDriverPrinter,
  }),
  serve(csinodes, {
    strategy: { ...guardedRecord, validate: validateCSINode, validateUpdate: validateCSINodeUpdate },
    printer: csiNodePrinter,
  }),
  serve(csistoragecapacities, {
    strategy: {
      ...guardedRecord,
      validate: validateCSIStorageCapacity,
      validateUpdate: validateCSIStorageCapacityUpdate,
      warningsOnCreate: storageCapacityWarnings,
      warningsOnUpdate: storageCapacityWarnings,
    },
  }),
  serve(storageclasses, {
    strategy: {
      ...recordStrategy,
      validate: validateStorageClass,
      validateUpdate: validateStorageClassUpdate,
      warningsOnCreate: storageClassWarnings,
      warningsOnUpdate: storageClassWarnings,
    },
    printer: storageClassPrinter,
  }),
  serve(volumeattachments, {
    strategy: volumeAttachmentStrategy,
    subresources: { status: part(volumeAttachmentStatusStrategy) },
    printer: volumeAttachmentPrinter,
  }),
  serve(volumeattributesclasses, {
    strategy: {
      ...recordStrategy,
      validate: validateVolumeAttributesClass,
      validateUpdate: validateVolumeAttributesClassUpdate,
    },
    printer: volumeAttributesClassPrinter,
  }),
];
