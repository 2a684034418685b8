import {
  deviceclasses,
  type ResourceSlice,
  resourceclaims,
  resourceclaimtemplates,
  resourceslices,
} from '@typernetes/api/resource/v1';
import {
  validateDeviceClass,
  validateResourceClaim,
  validateResourceClaimStatus,
  validateResourceClaimTemplate,
  validateResourceClaimTemplateUpdate,
  validateResourceClaimUpdate,
  validateResourceSlice,
  validateResourceSliceUpdate,
} from '@typernetes/api/validation';
import { nameAndAgePrinter } from '../printers.ts';
import type { SelectableFields } from '../selectable-fields.ts';
import { part, serve } from '../serve.ts';
import type { ServedResource } from '../served-resource.ts';
import { contentStrategy, recordStrategy, splitStatusStrategy, splitStrategy } from '../strategies.ts';
import { resourceClaimPrinter, resourceSlicePrinter } from './printers.ts';

const sliceFields: SelectableFields<ResourceSlice> = {
  names: ['spec.nodeName', 'spec.driver'],
  read: ({ spec }) => ({ 'spec.nodeName': spec.nodeName ?? '', 'spec.driver': spec.driver }),
};

export const resourceResources: readonly ServedResource[] = [
  serve(deviceclasses, {
    strategy: { ...contentStrategy, validate: validateDeviceClass, validateUpdate: validateDeviceClass },
    printer: nameAndAgePrinter,
  }),
  serve(resourceclaims, {
    strategy: {
      ...splitStrategy,
      validate: validateResourceClaim,
      validateUpdate: validateResourceClaimUpdate,
      keepsGeneration: true,
    },
    subresources: {
      status: part({
        ...splitStatusStrategy,
        validateUpdate: validateResourceClaimStatus,
        keepsGeneration: true,
        resetFields: ['metadata', 'spec'],
      }),
    },
    printer: resourceClaimPrinter,
  }),
  serve(resourceclaimtemplates, {
    strategy: {
      ...recordStrategy,
      validate: validateResourceClaimTemplate,
      validateUpdate: validateResourceClaimTemplateUpdate,
    },
    printer: nameAndAgePrinter,
  }),
  serve(resourceslices, {
    strategy: { ...contentStrategy, validate: validateResourceSlice, validateUpdate: validateResourceSliceUpdate },
    printer: resourceSlicePrinter,
    fields: sliceFields,
  }),
];
