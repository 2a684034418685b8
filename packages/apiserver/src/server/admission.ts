import { limitranges, namespaces, pods, serviceaccounts } from '@typernetes/api/core/v1';
import { ingressclasses } from '@typernetes/api/networking/v1';
import { runtimeclasses } from '@typernetes/api/node/v1';
import { priorityclasses } from '@typernetes/api/scheduling/v1';
import { storageclasses } from '@typernetes/api/storage/v1';
import type { Logger, Random } from '@typernetes/base';
import type { Informers } from '@typernetes/client';
import type { AdmissionPlugin } from '../admission/admission-plugin.ts';
import { choosePlugins, type PluginChoice } from '../admission/default-plugins.ts';
import { roleEscalation } from '../admission/plugins/role-escalation.ts';
import type { Security } from './security.ts';

export interface AdmissionOptions {
  readonly choice: PluginChoice;
  readonly security: Pick<Security, 'authorize' | 'reads'>;
  /** Whether RBAC decides: only then do roles give anything away. */
  readonly rbac: boolean;
  readonly random: Random;
  readonly log: Logger;
}

/** The plugins that the flags choose, over the server's own caches. */
export function buildAdmission(informers: Informers, options: AdmissionOptions): AdmissionPlugin[] {
  const { security, choice, random, log } = options;
  const { plugins, missing } = choosePlugins(choice, {
    namespaces: informers.for(namespaces).lister,
    serviceAccounts: informers.for(serviceaccounts).lister,
    pods: informers.for(pods).lister,
    runtimeClasses: informers.for(runtimeclasses).lister,
    limitRanges: informers.for(limitranges).lister,
    priorityClasses: informers.for(priorityclasses).lister,
    storageClasses: informers.for(storageclasses).lister,
    ingressClasses: informers.for(ingressclasses).lister,
    authorize: security.authorize,
    random,
  });
  if (missing.length > 0) log.warn('Admission plugins are not available', { plugins: missing });
  return options.rbac ? [...plugins, roleEscalation(security)] : plugins;
}
