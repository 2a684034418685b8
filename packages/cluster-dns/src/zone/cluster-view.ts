import { type Namespace, namespaces, type Pod, pods, type Service, services } from '@typernetes/api/core/v1';
import { type EndpointSlice, endpointslices } from '@typernetes/api/discovery/v1';
import type { Informers } from '@typernetes/client';
import { clusterIPsOf } from './cluster-ips.ts';
import { endpointNames } from './endpoint-names.ts';
import type { ClusterView } from './zone.ts';

/** The restrictions of a view. */
interface ViewOptions {
  /** Addresses of pods are looked at. */
  readonly pods?: boolean;
  /** Endpoints are not. */
  readonly endpoints?: boolean;
  readonly podNames?: boolean;
}

/** The view that informers keep. Indexed, so that a lookup costs the size of its answer. */
export function clusterView(informers: Informers, options: ViewOptions = {}): ClusterView {
  const { endpoints = true, podNames = false } = options;
  const serviceInformer = informers.for<Service>(services);
  serviceInformer.addIndex('clusterIP', clusterIPsOf);
  const sliceInformer = informers.for<EndpointSlice>(endpointslices);
  const serviceKey = (slice: EndpointSlice): string | undefined => {
    const service = slice.metadata.labels?.['kubernetes.io/service-name'];
    return service && `${slice.metadata.namespace}/${service}`;
  };
  sliceInformer.addIndex('service', (slice) => {
    const key = serviceKey(slice);
    return key ? [key] : [];
  });
  sliceInformer.addIndex('address', (slice) => (slice.endpoints ?? []).flatMap((endpoint) => endpoint.addresses));
  const namespaceInformer = informers.for<Namespace>(namespaces);
  const podInformer = options.pods ? informers.for<Pod>(pods) : undefined;
  // Pods that have ended keep their addresses, which others may have by now.
  podInformer?.addIndex('address', ({ metadata, status }) =>
    status?.phase === 'Succeeded' || status?.phase === 'Failed'
      ? []
      : (status?.podIPs ?? []).map(({ ip }) => `${metadata.namespace}/${ip}`),
  );
  podInformer?.addIndex('ip', ({ status }) =>
    status?.phase === 'Running' ? (status.podIPs ?? []).map(({ ip }) => ip) : [],
  );
  const slicesOf = (key: string): readonly EndpointSlice[] =>
    endpoints ? sliceInformer.lister.byIndex('service', key) : [];
  return {
    service: (namespace, name) => serviceInformer.lister.get(`${namespace}/${name}`),
    namespaceExists: (name) => namespaceInformer.lister.get(name) !== undefined,
    slicesOf: (namespace, service) => slicesOf(`${namespace}/${service}`),
    servicesByClusterIP: (ip) => serviceInformer.lister.byIndex('clusterIP', ip),
    podHas: (namespace, ip) => (podInformer?.lister.byIndex('address', `${namespace}/${ip}`) ?? []).length > 0,
    namespaceOfPod: (ip) => podInformer?.lister.byIndex('ip', ip)[0]?.metadata.namespace,
    endpointsByIP: (ip) =>
      (endpoints ? sliceInformer.lister.byIndex('address', ip) : []).flatMap((slice) => {
        const service = serviceInformer.lister.get(serviceKey(slice) ?? '');
        if (!service) return [];
        return endpointNames(service, [slice], podNames)
          .filter((endpoint) => endpoint.ip === ip)
          .map(({ label }) => ({ service, label }));
      }),
  };
}
