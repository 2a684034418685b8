import {
  csidrivers,
  csinodes,
  csistoragecapacities,
  storageclasses,
  volumeattachments,
  volumeattributesclasses,
} from '@typernetes/api/storage/v1';
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
const guardedRecordStrategy: Strategy = { keepsGeneration: true };
const attachmentRules = { allowUnconditionalUpdate: false, keepsGeneration: true } as const;

export const storageResources: readonly ServedResource[] = [
  serve(csidrivers, { strategy: {}, printer: csiDriverPrinter }),
  serve(csinodes, { strategy: guardedRecordStrategy, printer: csiNodePrinter }),
  serve(csistoragecapacities, { strategy: guardedRecordStrategy }),
  serve(storageclasses, { strategy: recordStrategy, printer: storageClassPrinter }),
  serve(volumeattachments, {
    strategy: { ...splitStrategy, ...attachmentRules },
    subresources: { status: part({ ...splitStatusStrategy, ...attachmentRules, resetFields: ['metadata', 'spec'] }) },
    printer: volumeAttachmentPrinter,
  }),
  serve(volumeattributesclasses, { strategy: recordStrategy, printer: volumeAttributesClassPrinter }),
];
