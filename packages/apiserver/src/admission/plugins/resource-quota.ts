import { quotaEvaluatorOf } from '@typernetes/api';
import { groupResourceOf } from '@typernetes/machinery';
import type { AdmissionPlugin } from '../admission-plugin.ts';
import { type ChargerDeps, QuotaCharger } from '../quota/charger.ts';

/**
 * Refuses writes that would exceed the namespace's quotas. Runs last, so that charged writes are likely to be stored.
 * The resourcequota controller corrects the charges of failed writes, and credits deletions.
 */
export function resourceQuota(deps: ChargerDeps): AdmissionPlugin {
  const charger = new QuotaCharger(deps);
  return {
    name: 'ResourceQuota',
    concerns: ({ operation, resource }) => (operation === 'CREATE' || operation === 'UPDATE') && resource.namespaced,
    handles: (request) => {
      const { namespace, resource } = request;
      if (namespace === '') return false;
      // Most writes change no usage: check that first, before reading the quotas.
      if (!quotaEvaluatorOf(groupResourceOf(resource))?.handles(request)) return false;
      return deps.limited.length > 0 || deps.quotas.inNamespace(namespace).length > 0;
    },
    validate: async (request) => {
      const by = quotaEvaluatorOf(groupResourceOf(request.resource));
      if (by?.handles(request)) await charger.charge(request, by);
    },
  };
}
