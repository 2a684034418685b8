import { isIP } from 'node:net';
import {
  type EndpointAddress,
  type Endpoints,
  endpoints as endpointsType,
  type Service,
} from '@typernetes/api/core/v1';
import type { Endpoint, EndpointPort, EndpointSlice } from '@typernetes/api/discovery/v1';
import { controllerReference } from '@typernetes/machinery';
import { distribute, managedByLabel, type SliceGroup, type SlicePlan, serviceNameLabel } from '../slices/distribute.ts';

export const managedBy = 'endpointslicemirroring-controller.k8s.io';
const skipLabel = 'endpointslice.kubernetes.io/skip-mirror';
const leaderAnnotation = 'control-plane.alpha.kubernetes.io/leader';
const appliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';
const headlessLabel = 'service.kubernetes.io/headless';

/** Whether users manage these Endpoints, for a service without a selector. */
export function isMirrored({ metadata }: Endpoints, service: Service | undefined): boolean {
  if (metadata.labels?.[skipLabel] === 'true' || metadata.annotations?.[leaderAnnotation] !== undefined) return false;
  return service !== undefined && service.spec.selector === undefined;
}

/** `maxEndpoints` is the maximum per slice. */
export function planMirror(endpoints: Endpoints, existing: readonly EndpointSlice[], maxEndpoints: number): SlicePlan {
  const { name, namespace = '', labels, annotations = {} } = endpoints.metadata;
  const { [appliedAnnotation]: _, ...kept } = annotations;
  const { [headlessLabel]: __, ...own } = labels ?? {};
  const form = {
    name,
    namespace,
    labels: { ...own, [serviceNameLabel]: name, [managedByLabel]: managedBy },
    annotations: kept,
    owner: controllerReference(endpoints, endpointsType),
    maxEndpoints,
  };
  return distribute(groupsOf(endpoints), existing, form);
}

function groupsOf({ subsets = [] }: Endpoints): SliceGroup[] {
  const groups = new Map<string, SliceGroup>();
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of subsets) {
    const named = ports.map(
      ({ name = '', port, protocol = 'TCP', appProtocol }): EndpointPort => ({
        name,
        protocol,
        ...(port === undefined ? {} : { port }),
        ...(appProtocol ? { appProtocol } : {}),
      }),
    );
    const add = (address: EndpointAddress, ready: boolean): void => {
      const addressType = isIP(address.ip) === 6 ? 'IPv6' : 'IPv4';
      const id = JSON.stringify([addressType, named]);
      const group: SliceGroup = groups.get(id) ?? { addressType, ports: named, endpoints: [] };
      group.endpoints.push(endpointOf(address, ready));
      groups.set(id, group);
    };
    for (const address of addresses) add(address, true);
    for (const address of notReadyAddresses) add(address, false);
  }
  return [...groups.values()];
}

function endpointOf({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname ? { hostname } : {}),
    ...(nodeName ? { nodeName } : {}),
    ...(targetRef ? { targetRef } : {}),
  };
}
