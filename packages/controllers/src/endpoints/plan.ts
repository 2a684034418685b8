import { isPodReady } from '@typernetes/api';
import type { EndpointAddress, EndpointSubset, Pod, Service } from '@typernetes/api/core/v1';
import { addressesOf, backends, hostnameFor, portsFor } from '../services/backends.ts';

/** The subsets of a service: pods that serve the same ports together, in the order of their addresses. */
export function planSubsets(service: Service, pods: readonly Pod[]): EndpointSubset[] {
  const publishAll = service.spec.publishNotReadyAddresses === true;
  const subsets = new Map<string, EndpointSubset>();
  for (const pod of backends(service, pods)) {
    if (pod.metadata.deletionTimestamp !== undefined && !publishAll) continue;
    const ports = portsFor(service, pod).map(({ name, ...port }) => ({ ...(name ? { name } : {}), ...port }));
    if (ports.length === 0 && (service.spec.ports ?? []).length > 0) continue;
    const id = JSON.stringify(ports);
    const subset = subsets.get(id) ?? (ports.length > 0 ? { ports } : {});
    subsets.set(id, subset);
    const list = publishAll || isPodReady(pod) ? 'addresses' : 'notReadyAddresses';
    subset[list] = [...(subset[list] ?? []), addressOf(service, pod)];
  }
  for (const subset of subsets.values()) {
    subset.addresses?.sort(byAddress);
    subset.notReadyAddresses?.sort(byAddress);
  }
  return [...subsets.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, subset]) => subset);
}

function addressOf(service: Service, pod: Pod): EndpointAddress {
  const { name, namespace, uid } = pod.metadata;
  const hostname = hostnameFor(service, pod);
  return {
    ip: addressesOf(pod)[0] ?? '',
    ...(hostname ? { hostname } : {}),
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: { kind: 'Pod', ...(namespace ? { namespace } : {}), name, uid },
  };
}

function byAddress(a: EndpointAddress, b: EndpointAddress): number {
  return a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0;
}
