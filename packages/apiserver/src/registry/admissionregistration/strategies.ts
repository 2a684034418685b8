import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  MutatingWebhookConfiguration,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
} from '@typernetes/api/admissionregistration/v1';
import {
  validateMutatingAdmissionPolicy,
  validateMutatingAdmissionPolicyBinding,
  validateMutatingWebhookConfiguration,
  validateValidatingAdmissionPolicy,
  validateValidatingAdmissionPolicyBinding,
  validateValidatingAdmissionPolicyStatus,
  validateValidatingWebhookConfiguration,
} from '@typernetes/api/validation';
import { staticNameWarnings } from '@typernetes/api/warnings';
import type { ApiObject, FieldProblem } from '@typernetes/machinery';
import { splitStrategy, statusAloneStrategy } from '../strategies.ts';
import type { Strategy } from '../strategy.ts';
import {
  hookExpressionProblems,
  mutatingExpressionProblems,
  validatingExpressionProblems,
} from './expression-problems.ts';

const guarded = { allowUnconditionalUpdate: false, anyFinalizer: true } as const;

/** Checks fields, then expressions: of an update only those that are new. */
function checked<T extends ApiObject>(
  fields: (next: T) => FieldProblem[],
  expressions: (next: T, current?: T) => FieldProblem[] = () => [],
): Strategy<T> {
  return {
    ...guarded,
    validate: (next) => [...fields(next), ...expressions(next)],
    validateUpdate: (next, current) => [...fields(next), ...expressions(next, current)],
    warningsOnCreate: staticNameWarnings,
    warningsOnUpdate: staticNameWarnings,
  };
}

export const mutatingWebhookStrategy = checked<MutatingWebhookConfiguration>(
  validateMutatingWebhookConfiguration,
  hookExpressionProblems,
);

export const validatingWebhookStrategy = checked<ValidatingWebhookConfiguration>(
  validateValidatingWebhookConfiguration,
  hookExpressionProblems,
);

export const mutatingPolicyStrategy = checked<MutatingAdmissionPolicy>(
  validateMutatingAdmissionPolicy,
  mutatingExpressionProblems,
);

export const mutatingBindingStrategy = checked<MutatingAdmissionPolicyBinding>(validateMutatingAdmissionPolicyBinding);

export const validatingPolicyStrategy: Strategy<ValidatingAdmissionPolicy> = {
  ...(splitStrategy as Strategy<ApiObject>),
  ...checked<ValidatingAdmissionPolicy>(validateValidatingAdmissionPolicy, validatingExpressionProblems),
};

export const validatingPolicyStatusStrategy: Strategy<ValidatingAdmissionPolicy> = {
  ...statusAloneStrategy,
  ...guarded,
  validateUpdate: validateValidatingAdmissionPolicyStatus,
};

export const validatingBindingStrategy = checked<ValidatingAdmissionPolicyBinding>(
  validateValidatingAdmissionPolicyBinding,
);
