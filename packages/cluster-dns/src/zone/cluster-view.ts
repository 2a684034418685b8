import { type Namespace, namespaces, type Service, services } from '@typernetes/api/core/v1';
import { type EndpointSlice, endpointslices } from '@typernetes/api/discovery/v1';
import type { Informers } from '@typernetes/client';
import { clusterIPsOf } from './cluster-ips.ts';
import { endpointNames } from './endpoint-names.ts';
import type { ClusterView } from './zone.ts';

/** The view that informers keep. Indexed, so that a lookup costs the size of its answer. Call before the informers start. */
export function clusterView(informers: Informers): ClusterView {
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
  const slicesOf = (key: string): readonly EndpointSlice[] => sliceInformer.lister.byIndex('service', key);
  return {
    service: (namespace, name) => serviceInformer.lister.get(`${namespace}/${name}`),
    namespaceExists: (name) => namespaceInformer.lister.get(name) !== undefined,
    slicesOf: (namespace, service) => slicesOf(`${namespace}/${service}`),
    servicesByClusterIP: (ip) => serviceInformer.lister.byIndex('clusterIP', ip),
    endpointsByIP: (ip) =>
      sliceInformer.lister.byIndex('address', ip).flatMap((slice) => {
        const service = serviceInformer.lister.get(serviceKey(slice) ?? '');
        if (service?.spec.clusterIP !== 'None') return [];
        return endpointNames(service, [slice])
          .filter((endpoint) => endpoint.ip === ip)
          .map(({ label }) => ({ service, label }));
      }),
  };
}
