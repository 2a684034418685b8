import type { Service } from '@typernetes/api/core/v1';
import type { EndpointSlice } from '@typernetes/api/discovery/v1';
import { ipAddressText, parseIpAddress } from '@typernetes/base';
import { clusterIPsOf } from './cluster-ips.ts';
import { type EndpointName, endpointNames } from './endpoint-names.ts';
import type { DnsRecord, ZoneAnswer } from './record.ts';
import { addressIn, isReverseName } from './reverse-name.ts';

/** What the zone looks things up in. */
export interface ClusterView {
  service(namespace: string, name: string): Service | undefined;
  namespaceExists(name: string): boolean;
  slicesOf(namespace: string, service: string): readonly EndpointSlice[];
  /** The services that have this cluster IP. */
  servicesByClusterIP(ip: string): readonly Service[];
  /** A pod of the namespace has this address. */
  podHas(namespace: string, ip: string): boolean;
  /** The headless services that publish this address, with its label. */
  endpointsByIP(ip: string): readonly { readonly service: Service; readonly label: string }[];
}

export interface ZoneOptions {
  /** `cluster.local` */
  readonly domain: string;
  /** Seconds. */
  readonly ttl: number;
  /** The serial of the zone: anything that grows. */
  readonly serial: () => number;
  /** Which addresses there are below `pod`: none, those of pods, or whatever is asked for. */
  readonly pods: 'disabled' | 'verified' | 'insecure';
  /** Endpoints without a name of their own are called as their pods. */
  readonly podNames?: boolean;
}

/** The version of the naming scheme that is answered for `dns-version`. */
const schemaVersion = '1.1.0';

type QueryType = 'A' | 'AAAA' | 'SRV' | 'PTR' | 'TXT' | 'CNAME' | 'SOA' | 'NS' | 'ANY' | (string & {});

/**
 * Answers for the names of services, endpoints and pods as the Kubernetes DNS specification lays them out. Undefined when the
 * name lies outside of the cluster's domain (and, for reverse names, when no service or endpoint has the address).
 */
export function lookup(name: string, type: QueryType, view: ClusterView, options: ZoneOptions): ZoneAnswer | undefined {
  const query = name.toLowerCase();
  if (isReverseName(query)) return reverse(query, type, view, options);
  if (query !== options.domain && !query.endsWith(`.${options.domain}`)) return undefined;
  const labels = query === options.domain ? [] : query.slice(0, -options.domain.length - 1).split('.');
  const found = resolve(labels, query, view, options);
  if (!found) return negative('NXDOMAIN', options);
  const answers = found.filter((record) => record.type === type || type === 'ANY' || record.type === 'CNAME');
  if (answers.length === 0) return negative('NOERROR', options);
  return { code: 'NOERROR', answers, authority: [], additional: addressesOfTargets(answers, view, options) };
}

/** All records at a name, none when it exists without any, undefined when it does not exist. */
function resolve(
  labels: readonly string[],
  name: string,
  view: ClusterView,
  options: ZoneOptions,
): DnsRecord[] | undefined {
  const { ttl } = options;
  if (labels.length === 0) return [soa(options)];
  if (labels.length === 1 && labels[0] === 'dns-version') return [{ type: 'TXT', name, ttl, data: schemaVersion }];
  const kind = labels.at(-1);
  const namespace = labels.at(-2);
  if (kind !== 'svc' && kind !== 'pod') return undefined;
  if (namespace === undefined) return [];
  if (!view.namespaceExists(namespace)) return undefined;
  if (labels.length === 2) return [];
  if (kind === 'pod') return podRecords(labels, name, { view, options });
  const service = view.service(namespace, labels.at(-3) as string);
  return service && serviceRecords(service, labels.slice(0, -3), { name, view, options });
}

/** `10-1-2-3.<namespace>.pod`: the address is in the name. */
function podRecords(
  labels: readonly string[],
  name: string,
  { view, options }: Pick<Lookup, 'view' | 'options'>,
): DnsRecord[] | undefined {
  const [text = '', namespace = ''] = labels.length === 3 ? labels : [];
  const address = parseIpAddress(text.replaceAll('-', '.')) ?? parseIpAddress(text.replaceAll('-', ':'));
  if (!address || options.pods === 'disabled') return undefined;
  const ip = ipAddressText(address);
  if (options.pods === 'verified' && !view.podHas(namespace, ip)) return undefined;
  return [addressRecord(name, ip, options.ttl)];
}

interface Lookup {
  readonly name: string;
  readonly view: ClusterView;
  readonly options: ZoneOptions;
}

/** `below` are the labels in front of the service's name. */
function serviceRecords(service: Service, below: readonly string[], at: Lookup): DnsRecord[] | undefined {
  const { ttl } = at.options;
  const { spec } = service;
  if (spec.type === 'ExternalName') {
    return below.length === 0
      ? [{ type: 'CNAME', name: at.name, ttl, data: (spec.externalName ?? '').replace(/\.$/, '').toLowerCase() }]
      : undefined;
  }
  const isSrv = below.length === 2 && below[0]?.startsWith('_') && below[1]?.startsWith('_');
  const clusterIPs = clusterIPsOf(service);
  if (clusterIPs.length > 0) {
    if (below.length === 0) return clusterIPs.map((ip) => addressRecord(at.name, ip, ttl));
    if (!isSrv) return undefined;
    const port = (spec.ports ?? []).find(
      (p) => below[0] === `_${p.name}` && below[1] === `_${(p.protocol ?? 'TCP').toLowerCase()}`,
    );
    return port && [srv(at, port.port, { target: serviceName(service, at.options), share: 100 })];
  }
  const slices = at.view.slicesOf(service.metadata.namespace ?? '', service.metadata.name);
  const endpoints = endpointNames(service, slices, at.options.podNames);
  if (below.length === 0)
    return endpoints.length > 0 ? endpoints.map(({ ip }) => addressRecord(at.name, ip, ttl)) : undefined;
  if (below.length === 1) {
    const named = endpoints.filter((endpoint) => endpoint.label === below[0]);
    return named.length > 0 ? named.map(({ ip }) => addressRecord(at.name, ip, ttl)) : undefined;
  }
  return isSrv
    ? endpointSrv(service, endpoints, { port: below[0] as string, protocol: below[1] as string, at })
    : undefined;
}

function endpointSrv(
  service: Service,
  endpoints: readonly EndpointName[],
  { port: portLabel, protocol, at }: { port: string; protocol: string; at: Lookup },
): DnsRecord[] | undefined {
  const matches = endpoints.flatMap((endpoint) =>
    endpoint.ports
      .filter((port) => portLabel === `_${port.name}` && protocol === `_${port.protocol}`)
      .map((port) => ({ endpoint, port: port.port })),
  );
  if (matches.length === 0) return undefined;
  const share = Math.max(1, Math.floor(100 / matches.length));
  return matches.map(({ endpoint, port }) =>
    srv(at, port, { target: `${endpoint.label}.${serviceName(service, at.options)}`, share }),
  );
}

function srv(at: Lookup, port: number, { target, share }: { target: string; share: number }): DnsRecord {
  return { type: 'SRV', name: at.name, ttl: at.options.ttl, data: { priority: 0, weight: share, port, target } };
}

/** The addresses of SRV targets, so that clients need not ask again. */
function addressesOfTargets(answers: readonly DnsRecord[], view: ClusterView, options: ZoneOptions): DnsRecord[] {
  const targets = new Set(answers.flatMap((answer) => (answer.type === 'SRV' ? [answer.data.target] : [])));
  return [...targets].flatMap((target) => {
    const labels = target.slice(0, -options.domain.length - 1).split('.');
    return (resolve(labels, target, view, options) ?? []).filter(({ type }) => type === 'A' || type === 'AAAA');
  });
}

function addressRecord(name: string, ip: string, ttl: number): DnsRecord {
  return { type: ip.includes(':') ? 'AAAA' : 'A', name, ttl, data: ip };
}

function reverse(query: string, type: QueryType, view: ClusterView, options: ZoneOptions): ZoneAnswer | undefined {
  const ip = addressIn(query);
  if (ip === undefined) return undefined;
  const names = [
    ...view.servicesByClusterIP(ip).map((service) => serviceName(service, options)),
    ...view.endpointsByIP(ip).map(({ service, label }) => `${label}.${serviceName(service, options)}`),
  ];
  if (names.length === 0) return undefined;
  if (type !== 'PTR' && type !== 'ANY') return negative('NOERROR', options);
  const answers = names.map((data): DnsRecord => ({ type: 'PTR', name: query, ttl: options.ttl, data }));
  return { code: 'NOERROR', answers, authority: [], additional: [] };
}

function serviceName(service: Service, { domain }: ZoneOptions): string {
  return `${service.metadata.name}.${service.metadata.namespace}.svc.${domain}`;
}

export function negative(code: ZoneAnswer['code'], options: ZoneOptions): ZoneAnswer {
  return { code, answers: [], authority: [soa(options)], additional: [] };
}

function soa({ domain, ttl, serial }: ZoneOptions): DnsRecord {
  const data = {
    mname: `ns.dns.${domain}`,
    rname: `hostmaster.${domain}`,
    serial: serial(),
    refresh: 7200,
    retry: 1800,
    expire: 86_400,
    minimum: ttl,
  };
  return { type: 'SOA', name: domain, ttl, data };
}
