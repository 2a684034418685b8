import type { Service } from '@typernetes/api/core/v1';
import type { Endpoint, EndpointSlice } from '@typernetes/api/discovery/v1';

/** One address behind a headless service, with its label below the service's name. */
interface EndpointName {
  readonly label: string;
  readonly ip: string;
  readonly ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[];
}

/** The addresses of a service's slices that DNS publishes: ready ones, or all if the service says so. */
export function endpointNames(service: Service, slices: readonly EndpointSlice[], podNames = false): EndpointName[] {
  const byAddress = new Map<string, EndpointName>();
  for (const slice of slices) {
    if (slice.addressType === 'FQDN') continue;
    const ports = (slice.ports ?? []).flatMap((port) =>
      port.port ? [{ name: port.name ?? '', protocol: (port.protocol ?? 'TCP').toLowerCase(), port: port.port }] : [],
    );
    for (const endpoint of slice.endpoints ?? []) {
      if (!service.spec.publishNotReadyAddresses && endpoint.conditions?.ready === false) continue;
      for (const ip of endpoint.addresses) {
        const known = byAddress.get(ip);
        byAddress.set(ip, { label: labelOf(endpoint, ip, podNames), ip, ports: [...(known?.ports ?? []), ...ports] });
      }
    }
  }
  return [...byAddress.values()];
}

/** The endpoint's hostname, its pod's where that is wanted, or its address with dashes. */
function labelOf(endpoint: Endpoint, ip: string, podNames: boolean): string {
  return endpoint.hostname || (podNames && endpoint.targetRef?.name) || ip.replaceAll(/[.:]/g, '-');
}
