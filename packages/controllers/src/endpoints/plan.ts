import { isIP } from 'node:net';
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
    const ip = addressOfFamily(service, pod);
    if (ip === undefined) continue;
    const id = JSON.stringify(ports);
    const subset = subsets.get(id) ?? (ports.length > 0 ? { ports } : {});
    subsets.set(id, subset);
    const list = publishAll || isPodReady(pod) ? 'addresses' : 'notReadyAddresses';
    const addresses = subset[list] ?? [];
    addresses.push(endpointOf(service, pod, ip));
    subset[list] = addresses;
  }
  for (const subset of subsets.values()) {
    subset.addresses?.sort(byAddress);
    subset.notReadyAddresses?.sort(byAddress);
  }
  return [...subsets.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, subset]) => subset);
}

/** Endpoints support one family: the service's first. */
function addressOfFamily({ spec }: Service, pod: Pod): string | undefined {
  const family = spec.ipFamilies?.[0] === 'IPv6' ? 6 : 4;
  const addresses = addressesOf(pod);
  // A service without families has those of the pod.
  return spec.ipFamilies?.length ? addresses.find((address) => isIP(address) === family) : addresses[0];
}

function endpointOf(service: Service, pod: Pod, ip: string): EndpointAddress {
  const { name, namespace, uid } = pod.metadata;
  const hostname = hostnameFor(service, pod);
  return {
    ip,
    ...(hostname ? { hostname } : {}),
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: { kind: 'Pod', ...(namespace ? { namespace } : {}), name, uid },
  };
}

function byAddress(a: EndpointAddress, b: EndpointAddress): number {
  return a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0;
}
