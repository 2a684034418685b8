import type { Pod, PodAffinityTerm, Service } from '@typernetes/api/core/v1';
import type { AdmissionPlugin } from '../admission-plugin.ts';
import { refusal, targetOf } from '../request-target.ts';

const hostname = 'kubernetes.io/hostname';

/** Required anti-affinity over a larger topology than a node would let one pod block a whole zone. */
export const limitPodHardAntiAffinityTopology: AdmissionPlugin = {
  name: 'LimitPodHardAntiAffinityTopology',
  concerns: ({ operation, resource, subresource }) =>
    (operation === 'CREATE' || operation === 'UPDATE') &&
    subresource === '' &&
    resource.group === '' &&
    resource.plural === 'pods',
  validate: (request) => {
    const terms: readonly PodAffinityTerm[] =
      (request.object as Pod).spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    const wide = terms.find(({ topologyKey }) => topologyKey !== hostname);
    if (wide)
      throw refusal(
        request,
        `affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey ${wide.topologyKey} but only key ${hostname} is allowed`,
      );
  },
};

/**
 * Prevents Services from claiming external IPs, which would attract foreign traffic. Existing ones may stay or be
 * removed.
 */
export const denyServiceExternalIPs: AdmissionPlugin = {
  name: 'DenyServiceExternalIPs',
  concerns: (request) =>
    (request.operation === 'CREATE' || request.operation === 'UPDATE') && targetOf(request) === 'services',
  validate: (request) => {
    const addresses = (service: object | undefined): readonly string[] =>
      (service as Service | undefined)?.spec?.externalIPs ?? [];
    const had = new Set(addresses(request.oldObject));
    if (addresses(request.object).some((address) => !had.has(address)))
      throw refusal(request, 'Use of external IPs is denied by admission control');
  },
};

/** Adds tolerations to pods that request an extended resource, for the nodes dedicated to it. */
export const extendedResourceToleration: AdmissionPlugin = {
  name: 'ExtendedResourceToleration',
  concerns: (request) =>
    (request.operation === 'CREATE' || request.operation === 'UPDATE') && targetOf(request) === 'pods',
  admit: ({ object }) => {
    const { spec } = object as Pod;
    const names = [...(spec.initContainers ?? []), ...spec.containers]
      .flatMap(({ resources }) => Object.keys(resources?.requests ?? {}))
      .filter((name) => name.includes('/') && !name.includes('kubernetes.io/') && !name.startsWith('requests.'));
    for (const key of [...new Set(names)].sort()) {
      if (spec.tolerations?.some((one) => one.key === key && one.operator === 'Exists' && !one.effect)) continue;
      spec.tolerations = [...(spec.tolerations ?? []), { key, operator: 'Exists' }];
    }
  },
};

export const alwaysAdmit: AdmissionPlugin = { name: 'AlwaysAdmit', concerns: () => false };

export const alwaysDeny: AdmissionPlugin = {
  name: 'AlwaysDeny',
  validate: (request) => {
    throw refusal(request, 'admission control is denying all modifications');
  },
};
