import { quotaEvaluatorOf } from '@typernetes/api';
import { groupResourceOf } from '@typernetes/machinery';
import type { AdmissionPlugin } from '../admission-plugin.ts';
import { type ChargerDeps, QuotaCharger } from '../quota/charger.ts';
import { targetOf } from '../request-target.ts';

/**
 * Lets into a namespace only what its quotas leave room for. Runs last: what it charges should be stored. What a write that
 * fails afterwards was charged, and what deletions give back, the resourcequota controller puts right.
 */
export function resourceQuota(deps: ChargerDeps): AdmissionPlugin {
  const charger = new QuotaCharger(deps);
  return {
    name: 'ResourceQuota',
    handles: (request) =>
      (request.operation === 'CREATE' || request.operation === 'UPDATE') &&
      request.namespace !== '' &&
      request.resource.namespaced &&
      (deps.limited.length > 0 || deps.quotas.inNamespace(request.namespace).length > 0) &&
      targetOf(request) !== 'events',
    validate: async (request) => {
      const by = quotaEvaluatorOf(groupResourceOf(request.resource));
      if (by?.handles(request)) await charger.charge(request, by);
    },
  };
}
