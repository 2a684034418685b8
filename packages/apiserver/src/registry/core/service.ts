import type { Service } from '@typernetes/api/core/v1';
import { validateService, validateServiceStatus, validateServiceUpdate } from '@typernetes/api/validation';
import { serviceWarnings } from '@typernetes/api/warnings';
import { labelNameProblems, prefixOf } from '@typernetes/machinery';
import { keepSpec, keepStatus } from '../status.ts';
import type { Strategy } from '../strategy.ts';
import { alignClusterIPs, carryAllocatedValues, dropUnusedValues } from './service-values.ts';

/** The allocator runs after this and fills in missing addresses and node ports. */
export const serviceStrategy: Strategy<Service> = {
  prepareForCreate(next) {
    next.status = { loadBalancer: {} };
    alignClusterIPs(next.spec, undefined);
  },
  prepareForUpdate(next, current) {
    keepStatus(next, current);
    carryAllocatedValues(next.spec, current.spec);
    alignClusterIPs(next.spec, current.spec);
    dropUnusedValues(next, current);
  },
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  warningsOnCreate: serviceWarnings,
  warningsOnUpdate: serviceWarnings,
  validateName: (name, isPrefix) => (isPrefix ? prefixOf(labelNameProblems)(name) : labelNameProblems(name)),
  allowCreateOnUpdate: true,
  keepsGeneration: true,
  resetFields: ['status'],
};

export const serviceStatusStrategy: Strategy<Service> = {
  ...serviceStrategy,
  prepareForUpdate: keepSpec,
  validateUpdate: validateServiceStatus,
  warningsOnUpdate: () => [],
  resetFields: ['spec'],
};
