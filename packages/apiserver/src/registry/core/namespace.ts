import type { Namespace } from '@typernetes/api/core/v1';
import { validateNamespace, validateNamespaceFinalize, validateNamespaceStatus } from '@typernetes/api/validation';
import { labelNameProblems, prefixOf } from '@typernetes/machinery';
import { keepSpec, keepStatus } from '../status.ts';
import type { Strategy } from '../strategy.ts';

/** Removed by the namespace controller when all content is gone. */
const contentFinalizer = 'kubernetes';

export const namespaceStrategy: Strategy<Namespace> = {
  prepareForCreate(next) {
    next.status = { phase: 'Active' };
    const finalizers = next.spec?.finalizers ?? [];
    if (!finalizers.includes(contentFinalizer))
      next.spec = { ...next.spec, finalizers: [...finalizers, contentFinalizer] };
  },
  prepareForUpdate(next, current) {
    keepSpec(next, current);
    keepStatus(next, current);
  },
  validate: validateNamespace,
  validateUpdate: validateNamespace,
  validateName: (name, isPrefix) => (isPrefix ? prefixOf(labelNameProblems)(name) : labelNameProblems(name)),
  // The first deletion marks it, whatever holds it.
  outlivesDeletion: ({ metadata, spec }) =>
    metadata.deletionTimestamp === undefined || (spec?.finalizers?.length ?? 0) > 0,
  markDeleted(next) {
    // Namespaces have no grace period, and report none.
    delete next.metadata.deletionGracePeriodSeconds;
    next.status = { ...next.status, phase: 'Terminating' };
    // There is no grace period: it ends when its content is gone.
    delete next.metadata.deletionGracePeriodSeconds;
  },
  keepsGeneration: true,
  resetFields: ['status'],
};

export const namespaceStatusStrategy: Strategy<Namespace> = {
  ...namespaceStrategy,
  prepareForUpdate: keepSpec,
  validateUpdate: validateNamespaceStatus,
  resetFields: ['spec'],
};

/** `/finalize`: only here can spec.finalizers change. */
export const namespaceFinalizeStrategy: Strategy<Namespace> = {
  ...namespaceStrategy,
  prepareForUpdate: keepStatus,
  validateUpdate: validateNamespaceFinalize,
  resetFields: ['status'],
};
