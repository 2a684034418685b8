import { quotaEvaluatorOf } from '@typernetes/api';
import { groupResourceOf } from '@typernetes/machinery';
import type { AdmissionPlugin } from '../admission-plugin.ts';
import { type ChargerDeps, QuotaCharger } from '../quota/charger.ts';

/**
 * Lets into a namespace only what its quotas leave room for. Runs last: what it charges should be stored. What a write that
 * fails afterwards was charged, and what deletions give back, the resourcequota controller puts right.
 */
export function resourceQuota(deps: ChargerDeps): AdmissionPlugin {
  const charger = new QuotaCharger(deps);
  return {
    name: 'ResourceQuota',
    concerns: ({ operation, resource }) => (operation === 'CREATE' || operation === 'UPDATE') && resource.namespaced,
    handles: (request) => {
      const { namespace, resource } = request;
      if (namespace === '') return false;
      // Most writes change no count: what does not cost a look at the quotas comes first.
      if (!quotaEvaluatorOf(groupResourceOf(resource))?.handles(request)) return false;
      return deps.limited.length > 0 || deps.quotas.inNamespace(namespace).length > 0;
    },
    validate: async (request) => {
      const by = quotaEvaluatorOf(groupResourceOf(request.resource));
      if (by?.handles(request)) await charger.charge(request, by);
    },
  };
}
