import { isIP } from 'node:net';
import { isPodReady } from '@typernetes/api';
import type { Pod, Service } from '@typernetes/api/core/v1';
import type { Endpoint, EndpointPort, EndpointSlice } from '@typernetes/api/discovery/v1';
import { controllerReference, type Draft } from '@typernetes/machinery';
import { sameJson } from '../same-json.ts';
import { addressesOf, backends, hostnameFor, isHeadless, portsFor } from '../services/backends.ts';

export const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
export const managedBy = 'endpointslice-controller.k8s.io';
export const serviceNameLabel = 'kubernetes.io/service-name';

const maxEndpoints = 100;

export interface SlicePlan {
  readonly create: readonly Draft<EndpointSlice>[];
  readonly update: readonly EndpointSlice[];
  readonly remove: readonly EndpointSlice[];
}

/** Endpoints that share address family and ports share slices. */
interface Group {
  readonly addressType: 'IPv4' | 'IPv6';
  readonly ports: readonly EndpointPort[];
  readonly endpoints: Endpoint[];
}

export function planSlices(service: Service, pods: readonly Pod[], existing: readonly EndpointSlice[]): SlicePlan {
  const plan = { create: [] as Draft<EndpointSlice>[], update: [] as EndpointSlice[], remove: [] as EndpointSlice[] };
  const unused = new Set(existing);
  const labels = labelsOf(service);
  for (const group of groupsOf(service, pods)) {
    const mine = existing.filter((slice) => fits(slice, group));
    for (const slice of mine) unused.delete(slice);
    const filled = fill(mine, group.endpoints);
    for (const [i, endpoints] of filled.entries()) {
      const slice = mine[i];
      if (!slice) plan.create.push(draftOf(service, { ...group, endpoints }));
      else if (endpoints.length === 0 && filled.some((other) => other.length > 0)) plan.remove.push(slice);
      else if (!sameJson(endpoints, slice.endpoints ?? []) || !sameJson(labels, slice.metadata.labels))
        plan.update.push({ ...slice, metadata: { ...slice.metadata, labels }, endpoints: [...endpoints] });
    }
  }
  plan.remove.push(...unused);
  return plan;
}

function labelsOf(service: Service): Record<string, string> {
  return {
    ...service.metadata.labels,
    ...(isHeadless(service) ? { 'service.kubernetes.io/headless': '' } : {}),
    [serviceNameLabel]: service.metadata.name,
    [managedByLabel]: managedBy,
  };
}

function fits({ addressType, ports = [] }: EndpointSlice, group: Group): boolean {
  return addressType === group.addressType && sameJson(ports, group.ports);
}

/** A service without any endpoint still has one empty slice, so that consumers can tell "none" from "not known yet". */
function groupsOf(service: Service, pods: readonly Pod[]): Group[] {
  const families = service.spec.ipFamilies ?? ['IPv4'];
  const groups = new Map<string, Group>();
  const behind = backends(service, pods);
  for (const addressType of ['IPv4', 'IPv6'] as const) {
    if (!families.includes(addressType)) continue;
    const before = groups.size;
    for (const pod of behind) {
      const addresses = addressesOf(pod).filter((address) => isIP(address) === (addressType === 'IPv4' ? 4 : 6));
      if (addresses.length === 0) continue;
      const ports = portsFor(service, pod);
      const id = JSON.stringify([addressType, ports]);
      const group: Group = groups.get(id) ?? { addressType, ports, endpoints: [] };
      group.endpoints.push(endpointOf(service, pod, addresses.slice(0, 1)));
      groups.set(id, group);
    }
    if (groups.size === before) groups.set(addressType, { addressType, ports: [], endpoints: [] });
  }
  return [...groups.values()];
}

function endpointOf(service: Service, pod: Pod, addresses: string[]): Endpoint {
  const serving = isPodReady(pod) || service.spec.publishNotReadyAddresses === true;
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const hostname = hostnameFor(service, pod);
  const { name, namespace, uid } = pod.metadata;
  return {
    addresses,
    conditions: { ready, serving: isPodReady(pod), terminating },
    ...(hostname ? { hostname } : {}),
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: { kind: 'Pod', ...(namespace ? { namespace } : {}), name, uid },
  };
}

/** Distributes endpoints over slices: each stays where it is, new ones go where there is room, the rest into further slices. */
function fill(slices: readonly EndpointSlice[], wanted: readonly Endpoint[]): Endpoint[][] {
  const left = new Map(wanted.map((endpoint) => [identity(endpoint), endpoint]));
  const filled = slices.map(({ endpoints }) =>
    (endpoints ?? []).flatMap((old) => {
      const id = identity(old);
      const current = left.get(id);
      left.delete(id);
      return current ? [current] : [];
    }),
  );
  const rest = [...left.values()];
  for (const slice of filled) slice.push(...rest.splice(0, Math.max(0, maxEndpoints - slice.length)));
  while (rest.length > 0 || filled.length === 0) filled.push(rest.splice(0, maxEndpoints));
  return filled;
}

function identity({ targetRef, addresses }: Endpoint): string {
  return `${targetRef?.uid ?? ''} ${addresses.join()}`;
}

function draftOf(service: Service, { addressType, ports, endpoints }: Group): Draft<EndpointSlice> {
  return {
    metadata: {
      generateName: `${service.metadata.name}-`,
      namespace: service.metadata.namespace,
      labels: labelsOf(service),
      ownerReferences: [controllerReference(service, { group: '', version: 'v1', kind: 'Service' })],
    },
    addressType,
    endpoints,
    ports: [...ports],
  };
}
