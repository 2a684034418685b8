import { type ValidatingAdmissionPolicy, validatingadmissionpolicies } from '@typernetes/api/admissionregistration/v1';
import type { Logger, Runnable } from '@typernetes/base';
import type { ApiClient, Informer } from '@typernetes/client';
import { isConflict, isNotFound, type ResourceType } from '@typernetes/machinery';
import { typeWarnings } from '../admission/policy/type-checking.ts';

/**
 * Writes into the status of validating policies what type checking has to say of them (upstream:
 * validatingadmissionpolicy-status). Lives in the server: it alone knows the types of what it serves.
 */
export function policyStatusWriter(deps: {
  readonly policies: Pick<Informer<ValidatingAdmissionPolicy>, 'onEvent'>;
  readonly served: () => readonly ResourceType<unknown>[];
  readonly client: Pick<ApiClient, 'resource'>;
  readonly log: Logger;
}): Runnable {
  const write = async (policy: ValidatingAdmissionPolicy): Promise<void> => {
    const { generation } = policy.metadata;
    if (policy.status?.observedGeneration === generation) return;
    const expressionWarnings = typeWarnings(policy, deps.served());
    const typeChecking = expressionWarnings.length > 0 ? { expressionWarnings } : {};
    const status = {
      ...policy.status,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      typeChecking,
    };
    try {
      await deps.client.resource(validatingadmissionpolicies).updateStatus({ ...policy, status });
    } catch (error) {
      // The newer state comes as an event of its own.
      if (!isConflict(error) && !isNotFound(error))
        deps.log.error('Cannot write what type checking says', error, { policy: policy.metadata.name });
    }
  };
  return {
    name: 'validatingadmissionpolicy-status',
    run: async (signal) => {
      let writing = Promise.resolve();
      const look = (policy: ValidatingAdmissionPolicy): void => {
        writing = writing.then(() => (signal.aborted ? undefined : write(policy)));
      };
      const stop = deps.policies.onEvent({ added: look, updated: look });
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener('abort', () => resolve(), { once: true });
      });
      stop();
      await writing;
    },
  };
}
