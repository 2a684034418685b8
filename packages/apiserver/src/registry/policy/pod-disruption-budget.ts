import type { PodDisruptionBudget } from '@typernetes/api/policy/v1';
import { validatePodDisruptionBudget, validatePodDisruptionBudgetStatus } from '@typernetes/api/validation';
import { pathSegmentProblems } from '@typernetes/machinery';
import { keepSpec, keepStatus } from '../status.ts';
import type { Strategy } from '../strategy.ts';

export const podDisruptionBudgetStrategy: Strategy<PodDisruptionBudget> = {
  prepareForCreate(next) {
    next.status = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
  },
  prepareForUpdate: keepStatus,
  validate: validatePodDisruptionBudget,
  validateUpdate: validatePodDisruptionBudget,
  validateName: pathSegmentProblems,
  anyFinalizer: true,
  allowUnconditionalUpdate: false,
  resetFields: ['status'],
};

export const podDisruptionBudgetStatusStrategy: Strategy<PodDisruptionBudget> = {
  ...podDisruptionBudgetStrategy,
  prepareForUpdate: keepSpec,
  validateUpdate: validatePodDisruptionBudgetStatus,
  resetFields: ['spec'],
};
