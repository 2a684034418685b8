import { type ValidatingAdmissionPolicy, validatingadmissionpolicies } from '@typernetes/api/admissionregistration/v1';
import type { Clock, Logger, Runnable } from '@typernetes/base';
import { type ApiClient, controller, type Informer, type Reconciler, wakeOn } from '@typernetes/client';
import { ifFound, keyOf, type ResourceType } from '@typernetes/machinery';
import { typeWarnings } from '../admission/policy/type-checking.ts';

const maxRetryMs = 60_000;

/**
 * Writes the results of type checking into the status of validating policies (upstream:
 * validatingadmissionpolicy-status). Part of the server, since only it knows the types of what it serves.
 */
export function policyStatusWriter({
  policies,
  served,
  client,
  clock,
  log,
}: {
  readonly policies: Informer<ValidatingAdmissionPolicy>;
  readonly served: () => readonly ResourceType<unknown>[];
  readonly client: Pick<ApiClient, 'resource'>;
  readonly clock: Clock;
  readonly log: Logger;
}): Runnable {
  const write = async (policy: ValidatingAdmissionPolicy): Promise<void> => {
    const { generation } = policy.metadata;
    if (policy.status?.observedGeneration === generation) return;
    const expressionWarnings = typeWarnings(policy, served());
    const typeChecking = expressionWarnings.length > 0 ? { expressionWarnings } : {};
    const status = {
      ...policy.status,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      typeChecking,
    };
    await ifFound(client.resource(validatingadmissionpolicies).updateStatus({ ...policy, status }));
  };
  const reconciler: Reconciler = {
    name: 'validatingadmissionpolicy-status',
    async reconcile(key) {
      const policy = policies.lister.get(key);
      if (policy) await write(policy);
      return {};
    },
  };
  return controller({ reconciler, wakes: [wakeOn(policies, keyOf)], workers: 1, maxRetryMs, clock, log });
}
