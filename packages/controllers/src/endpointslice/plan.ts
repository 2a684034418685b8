import { isIP } from 'node:net';
import { isPodReady } from '@typernetes/api';
import { type Pod, type Service, services } from '@typernetes/api/core/v1';
import type { Endpoint, EndpointSlice } from '@typernetes/api/discovery/v1';
import { controllerReference } from '@typernetes/machinery';
import { addressesOf, backends, hostnameFor, portsFor, withHeadless } from '../services/backends.ts';
import { distribute, managedByLabel, type SliceGroup, type SlicePlan, serviceNameLabel } from '../slices/distribute.ts';

export const managedBy = 'endpointslice-controller.k8s.io';

/** `zoneOf` returns a node's zone by its name; undefined if it has none. */
export function planSlices(
  service: Service,
  pods: readonly Pod[],
  {
    existing,
    zoneOf,
    maxEndpoints,
  }: {
    readonly existing: readonly EndpointSlice[];
    readonly zoneOf: (node: string) => string | undefined;
    /** Per slice. */
    readonly maxEndpoints: number;
  },
): SlicePlan {
  const { name, namespace = '' } = service.metadata;
  const owner = controllerReference(service, services);
  const form = { name, namespace, labels: labelsOf(service), owner, maxEndpoints };
  return distribute(groupsOf(service, pods, zoneOf), existing, form);
}

function labelsOf(service: Service): Record<string, string> {
  return {
    ...withHeadless(service),
    [serviceNameLabel]: service.metadata.name,
    [managedByLabel]: managedBy,
  };
}

/** A service without any endpoint still has one empty slice, so that consumers can tell "none" from "not known yet". */
function groupsOf(service: Service, pods: readonly Pod[], zoneOf: (node: string) => string | undefined): SliceGroup[] {
  const families = service.spec.ipFamilies ?? ['IPv4'];
  const groups = new Map<string, SliceGroup>();
  const behind = backends(service, pods);
  for (const addressType of ['IPv4', 'IPv6'] as const) {
    if (!families.includes(addressType)) continue;
    const before = groups.size;
    for (const pod of behind) {
      const addresses = addressesOf(pod).filter((address) => isIP(address) === (addressType === 'IPv4' ? 4 : 6));
      if (addresses.length === 0) continue;
      const ports = portsFor(service, pod);
      const id = JSON.stringify([addressType, ports]);
      const group: SliceGroup = groups.get(id) ?? { addressType, ports, endpoints: [] };
      const zone = pod.spec.nodeName ? zoneOf(pod.spec.nodeName) : undefined;
      group.endpoints.push(endpointOf(service, pod, { addresses: addresses.slice(0, 1), zone }));
      groups.set(id, group);
    }
    if (groups.size === before) groups.set(addressType, { addressType, ports: [], endpoints: [] });
  }
  return [...groups.values()];
}

/** The hints of a ready endpoint, if the service's traffic is to stay close (upstream: trafficdist.ReconcileHints). */
function hintsFor({ spec }: Service, { nodeName }: Pod['spec'], zone: string | undefined): Pick<Endpoint, 'hints'> {
  const forZones = zone === undefined ? {} : { forZones: [{ name: zone }] };
  switch (spec.trafficDistribution) {
    case 'PreferClose':
    case 'PreferSameZone':
      return zone === undefined ? {} : { hints: forZones };
    case 'PreferSameNode':
      return nodeName ? { hints: { forNodes: [{ name: nodeName }], ...forZones } } : {};
    default:
      return {};
  }
}

function endpointOf(
  service: Service,
  pod: Pod,
  { addresses, zone }: { readonly addresses: string[]; readonly zone: string | undefined },
): Endpoint {
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
    ...(zone === undefined ? {} : { zone }),
    ...(ready ? hintsFor(service, pod.spec, zone) : {}),
    targetRef: { kind: 'Pod', ...(namespace ? { namespace } : {}), name, uid },
  };
}
