import type { Service } from '@typernetes/api/core/v1';
import type { EndpointSlice } from '@typernetes/api/discovery/v1';
import type { Random } from '@typernetes/base';
import type { Lister } from '@typernetes/client';
import type { ResolveService } from '../admission/webhook/caller.ts';

/**
 * Finds a ready endpoint of a Service, so that hooks are reached without kube-proxy on the server's machine; a Service without
 * endpoint slices by its cluster address.
 */
export function serviceResolver(deps: {
  readonly services: Pick<Lister<Service>, 'get'>;
  readonly endpointSlices: Pick<Lister<EndpointSlice>, 'inNamespace'>;
  readonly random: Random;
}): ResolveService {
  return (namespace, name, port) => {
    const service = deps.services.get(`${namespace}/${name}`);
    if (!service) throw new Error(`service ${JSON.stringify(name)} not found`);
    const { type, externalName, clusterIP, ports = [] } = service.spec ?? {};
    if (type === 'ExternalName') return { host: externalName ?? '', port };
    const wanted = ports.find((one) => one.port === port);
    if (!wanted) throw new Error(`no service port ${port} found for service ${JSON.stringify(name)}`);
    const slices = deps.endpointSlices
      .inNamespace(namespace)
      .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name);
    const found = slices.flatMap(({ endpoints = [], ports: open = [] }) => {
      const target = open.find((one) => (one.name ?? '') === (wanted.name ?? ''))?.port;
      if (target === undefined) return [];
      const ready = endpoints.filter(({ conditions }) => conditions?.ready !== false);
      return ready.flatMap(({ addresses }) => addresses.map((host) => ({ host, port: target })));
    });
    const chosen = found[Math.floor(deps.random.next() * found.length)];
    if (chosen) return chosen;
    if (slices.length > 0 || !clusterIP || clusterIP === 'None')
      throw new Error(`no endpoints available for service ${JSON.stringify(name)}`);
    return { host: clusterIP, port };
  };
}
