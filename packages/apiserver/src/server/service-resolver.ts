import { type Service, services } from '@typernetes/api/core/v1';
import { type EndpointSlice, endpointslices } from '@typernetes/api/discovery/v1';
import type { Random } from '@typernetes/base';
import type { Dial, Informers, Lister } from '@typernetes/client';
import type { ResolveService } from '../admission/webhook/caller.ts';

interface ServiceReads {
  readonly services: Pick<Lister<Service>, 'get'>;
  readonly endpointSlices: Pick<Lister<EndpointSlice>, 'inNamespace'>;
}

interface ResolverOptions {
  readonly toEndpoints: boolean;
  /** The address at which this server listens. */
  readonly own?: ReturnType<ResolveService>;
  readonly random: Random;
  /** Connects into the cluster; default: TCP. */
  readonly dial?: Dial | undefined;
}

const routable = ['ClusterIP', 'NodePort', 'LoadBalancer'];

/**
 * Resolves the Services of hooks and aggregated API servers. `--enable-aggregator-routing` sends requests to a random
 * ready endpoint, so that the server's machine needs no kube-proxy; without it they go to the cluster IP. The supported
 * types of Services, and messages, are upstream's (`apiserver/pkg/util/proxy`). The Service `kubernetes` is the server
 * itself.
 */
export function serviceResolver(
  reads: ServiceReads,
  { toEndpoints, own, random, dial }: ResolverOptions,
): ResolveService {
  return (namespace, name, port) => {
    if (own && namespace === 'default' && name === 'kubernetes' && port === 443) return own;
    const service = reads.services.get(`${namespace}/${name}`);
    if (!service) throw new Error(`service ${JSON.stringify(name)} not found`);
    if (!toEndpoints) return { ...clusterAddress(service, port), ...(dial ? { dial } : {}) };
    const found = endpointsOf(service, port, reads.endpointSlices.inNamespace(namespace));
    const chosen = found[Math.floor(random.next() * found.length)];
    if (!chosen) throw new Error(`no endpoints available for service ${JSON.stringify(name)}`);
    return { ...chosen, ...(dial ? { dial } : {}) };
  };
}

/** The same over a server's own caches. */
export function resolverOver(informers: Informers, options: ResolverOptions): ResolveService {
  const reads = { services: informers.for(services).lister, endpointSlices: informers.for(endpointslices).lister };
  return serviceResolver(reads, options);
}

function portOf({ metadata, spec }: Service, port: number) {
  const wanted = spec?.ports?.find((one) => one.port === port);
  if (!wanted) throw new Error(`no service port ${port} found for service ${JSON.stringify(metadata.name)}`);
  return wanted;
}

const unsupported = (type: string) => new Error(`unsupported service type ${JSON.stringify(type)}`);

function clusterAddress(service: Service, port: number): ReturnType<ResolveService> {
  const { type = 'ClusterIP', clusterIP = '', externalName = '' } = service.spec ?? {};
  if (type === 'ExternalName') return { host: externalName, port };
  if (!routable.includes(type)) throw unsupported(type);
  if (type === 'ClusterIP' && clusterIP === 'None') throw new Error('cannot route to service with ClusterIP "None"');
  return { host: clusterIP, port: portOf(service, port).port };
}

function endpointsOf(service: Service, port: number, slices: readonly EndpointSlice[]): ReturnType<ResolveService>[] {
  const wanted = portOf(service, port);
  const { type = 'ClusterIP' } = service.spec ?? {};
  if (!routable.includes(type)) throw unsupported(type);
  return slices
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name)
    .flatMap(({ endpoints, ports }) => {
      const target = ports?.find((one) => (one.name ?? '') === (wanted.name ?? ''))?.port;
      if (target === undefined) return [];
      const ready = (endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
      return ready.flatMap(({ addresses }) => addresses.map((host) => ({ host, port: target })));
    });
}
