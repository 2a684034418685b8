import {
  type DeviceClass,
  deviceclasses,
  type ResourceClaim,
  type ResourceClaimTemplate,
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
import type { FieldProblem } from '@typernetes/machinery';
import { nameAndAgePrinter } from '../printers.ts';
import type { SelectableFields } from '../selectable-fields.ts';
import { part, serve } from '../serve.ts';
import type { ServedResource } from '../served-resource.ts';
import { contentStrategy, recordStrategy, splitStatusStrategy, splitStrategy } from '../strategies.ts';
import { resourceClaimPrinter, resourceSlicePrinter } from './printers.ts';
import { claimSelectorProblems, classSelectorProblems } from './selector-expressions.ts';

const sliceFields: SelectableFields<ResourceSlice> = {
  names: ['spec.nodeName', 'spec.driver'],
  read: ({ spec }) => ({ 'spec.nodeName': spec.nodeName ?? '', 'spec.driver': spec.driver }),
};

const deviceClassProblems = (next: DeviceClass): FieldProblem[] => [
  ...validateDeviceClass(next),
  ...classSelectorProblems(next),
];

const claimProblems = (next: ResourceClaim): FieldProblem[] => [
  ...validateResourceClaim(next),
  ...claimSelectorProblems(next.spec.devices, 'spec.devices'),
];

const templateProblems = (next: ResourceClaimTemplate): FieldProblem[] => [
  ...validateResourceClaimTemplate(next),
  ...claimSelectorProblems(next.spec.spec.devices, 'spec.spec.devices'),
];

export const resourceResources: readonly ServedResource[] = [
  serve(deviceclasses, {
    strategy: { ...contentStrategy, validate: deviceClassProblems, validateUpdate: deviceClassProblems },
    printer: nameAndAgePrinter,
  }),
  serve(resourceclaims, {
    strategy: {
      ...splitStrategy,
      validate: claimProblems,
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
      validate: templateProblems,
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
