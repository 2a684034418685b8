import type { Service } from '@typernetes/api/core/v1';
import type { EndpointSlice } from '@typernetes/api/discovery/v1';
import type { IpFamily } from '@typernetes/base';

/** One address behind a service port. */
export interface Backend {
  readonly ip: string;
  readonly port: number;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly nodeName: string | undefined;
  /** Nodes and zones that should use it; unset where no hints are given. */
  readonly hints?: { readonly nodes: readonly string[]; readonly zones: readonly string[] };
}

/** A service port with its backends: the unit for which rules are made. */
export interface ServicePort {
  /** `namespace/name:port`, or `namespace/name` for an unnamed port; used in rule comments and chain names. */
  readonly id: string;
  readonly service: { readonly namespace: string; readonly name: string };
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly port: number;
  readonly clusterIP: string;
  readonly externalIPs: readonly string[];
  readonly loadBalancerIPs: readonly string[];
  /** Clients allowed to use the load balancer's addresses; empty: all. */
  readonly loadBalancerSourceRanges: readonly string[];
  readonly nodePort: number;
  /** The port on which load balancers ask whether this node has backends; 0: none. */
  readonly healthCheckNodePort: number;
  /** The timeout of client IP affinity in seconds, or undefined. */
  readonly affinitySeconds: number | undefined;
  readonly externalPolicyLocal: boolean;
  readonly internalPolicyLocal: boolean;
  readonly backends: readonly Backend[];
}

/** Services with one of these labels are left to another proxy. */
const foreignLabels = ['service.kubernetes.io/service-proxy-name', 'service.kubernetes.io/headless'];

/** Whether an address or a range is of the family. A colon tells IPv6 from IPv4: the API guarantees that they are valid. */
export const isOfFamily = (ip: string, family: IpFamily): boolean =>
  ip !== '' && ip.includes(':') === (family === 'IPv6');

/** `ip:port`, the form used in rules. */
export const backendAddress = ({ ip, port }: Pick<Backend, 'ip' | 'port'>): string =>
  ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;

/** Whether the service is ours: it has an address, and no label says otherwise. */
function isProxied(service: Service): boolean {
  const { clusterIP, type } = service.spec;
  return (
    type !== 'ExternalName' &&
    !!clusterIP &&
    clusterIP !== 'None' &&
    !foreignLabels.some((label) => service.metadata.labels?.[label] !== undefined)
  );
}

/**
 * The ports of a service joined with the backends of its EndpointSlices, in one address family; none when the service
 * does not have that family.
 */
export function servicePorts(service: Service, slices: readonly EndpointSlice[], family: IpFamily): ServicePort[] {
  if (!isProxied(service)) return [];
  const { spec } = service;
  const ofFamily = (ip: string): boolean => isOfFamily(ip, family);
  const clusterIP = (spec.clusterIPs?.length ? spec.clusterIPs : [spec.clusterIP ?? '']).find(ofFamily);
  if (clusterIP === undefined) return [];
  const key = `${service.metadata.namespace}/${service.metadata.name}`;
  return (spec.ports ?? []).map((port) => {
    const protocol = port.protocol ?? 'TCP';
    return {
      id: port.name ? `${key}:${port.name}` : key,
      service: { namespace: service.metadata.namespace ?? '', name: service.metadata.name },
      protocol: protocol.toLowerCase() as ServicePort['protocol'],
      port: port.port,
      clusterIP,
      externalIPs: (spec.externalIPs ?? []).filter(ofFamily),
      loadBalancerIPs: (service.status?.loadBalancer?.ingress ?? []).flatMap((ingress) =>
        ingress.ip && ofFamily(ingress.ip) && ingress.ipMode !== 'Proxy' ? [ingress.ip] : [],
      ),
      loadBalancerSourceRanges: (spec.loadBalancerSourceRanges ?? []).map((range) => range.trim()).filter(ofFamily),
      nodePort: port.nodePort ?? 0,
      healthCheckNodePort: spec.healthCheckNodePort ?? 0,
      affinitySeconds:
        spec.sessionAffinity === 'ClientIP'
          ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800)
          : undefined,
      externalPolicyLocal: spec.externalTrafficPolicy === 'Local',
      internalPolicyLocal: spec.internalTrafficPolicy === 'Local',
      backends: backendsOf(slices, { name: port.name ?? '', protocol, family }),
    };
  });
}

function backendsOf(
  slices: readonly EndpointSlice[],
  of: { readonly name: string; readonly protocol: string; readonly family: IpFamily },
): Backend[] {
  const backends = new Map<string, Backend>();
  for (const slice of slices) {
    if (slice.addressType !== of.family) continue;
    const port = (slice.ports ?? []).find((p) => (p.name ?? '') === of.name && (p.protocol ?? 'TCP') === of.protocol);
    if (!port?.port) continue;
    for (const endpoint of slice.endpoints ?? []) {
      const ip = endpoint.addresses[0];
      if (!ip) continue;
      const backend: Backend = {
        ip,
        port: port.port,
        ready: endpoint.conditions?.ready ?? true,
        serving: endpoint.conditions?.serving ?? endpoint.conditions?.ready ?? true,
        terminating: endpoint.conditions?.terminating ?? false,
        nodeName: endpoint.nodeName,
        ...hintsOf(endpoint),
      };
      const known = backends.get(`${ip}:${port.port}`);
      if (!known?.ready) backends.set(`${ip}:${port.port}`, backend);
    }
  }
  return [...backends.values()].sort((a, b) => (a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : a.port - b.port));
}

function hintsOf({ hints }: NonNullable<EndpointSlice['endpoints']>[number]): Pick<Backend, 'hints'> {
  const names = (all: readonly { readonly name: string }[] = []): string[] => all.map(({ name }) => name);
  const [nodes, zones] = [names(hints?.forNodes), names(hints?.forZones)];
  return nodes.length + zones.length > 0 ? { hints: { nodes, zones } } : {};
}

/**
 * The backends hinted for this node, else those for its zone. All backends, unless every ready one has hints and at
 * least one is hinted for here (upstream: topologyModeFromHints).
 */
export function nearBackends(
  backends: readonly Backend[],
  { name, zone }: { readonly name: string; readonly zone: string | undefined },
): readonly Backend[] {
  const ready = backends.filter((backend) => backend.ready);
  for (const [kind, here] of [
    ['nodes', name],
    ['zones', zone],
  ] as const) {
    const isFor = ({ hints }: Backend): boolean => here !== undefined && (hints?.[kind].includes(here) ?? false);
    if (ready.every(({ hints }) => (hints?.[kind].length ?? 0) > 0) && ready.some(isFor)) return backends.filter(isFor);
  }
  return backends;
}

/** The backends that get traffic: the ready ones or, when all are terminating, those that still serve. */
export function usableBackends(backends: readonly Backend[]): readonly Backend[] {
  const ready = backends.filter((backend) => backend.ready);
  return ready.length > 0 ? ready : backends.filter((backend) => backend.serving && backend.terminating);
}
