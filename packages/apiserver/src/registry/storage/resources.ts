import {
  csidrivers,
  csinodes,
  csistoragecapacities,
  storageclasses,
  volumeattachments,
  volumeattributesclasses,
} from '@typernetes/api/storage/v1';
import { validateStorageClass, validateStorageClassUpdate } from '@typernetes/api/validation';
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

export const storageResources: readonly ServedResource[] = [
  serve(csidrivers, { strategy: guarded, printer: csiDriverPrinter }),
  serve(csinodes, { strategy: guardedRecord, printer: csiNodePrinter }),
  serve(csistoragecapacities, { strategy: guardedRecord }),
  serve(storageclasses, {
    strategy: { ...recordStrategy, validate: validateStorageClass, validateUpdate: validateStorageClassUpdate },
    printer: storageClassPrinter,
  }),
  serve(volumeattachments, {
    strategy: { ...splitStrategy, ...guardedRecord },
    subresources: { status: part({ ...splitStatusStrategy, ...guardedRecord, resetFields: ['metadata', 'spec'] }) },
    printer: volumeAttachmentPrinter,
  }),
  serve(volumeattributesclasses, { strategy: recordStrategy, printer: volumeAttributesClassPrinter }),
];
