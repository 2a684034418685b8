import type { Service } from '@typernetes/api/core/v1';
import type { EndpointSlice } from '@typernetes/api/discovery/v1';
import { ipAddressText, parseIpAddress } from '@typernetes/base';
import { clusterIPsOf } from './cluster-ips.ts';
import { type EndpointName, endpointNames } from './endpoint-names.ts';
import type { DnsRecord, ZoneAnswer } from './record.ts';

/** What the zone looks things up in. */
export interface ClusterView {
  service(namespace: string, name: string): Service | undefined;
  namespaceExists(name: string): boolean;
  slicesOf(namespace: string, service: string): readonly EndpointSlice[];
  /** The services that have this cluster IP. */
  servicesByClusterIP(ip: string): readonly Service[];
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
  if (query.endsWith(reverseZones.IPv4) || query.endsWith(reverseZones.IPv6))
    return reverse(query, type, view, options);
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
  if (kind === 'pod') return podRecords(labels, name, options);
  const service = view.service(namespace, labels.at(-3) as string);
  return service && serviceRecords(service, labels.slice(0, -3), { name, view, options });
}

/** `10-1-2-3.<namespace>.pod`: the address is in the name, whether or not a pod has it (CoreDNS' mode "insecure"). */
function podRecords(labels: readonly string[], name: string, { ttl }: ZoneOptions): DnsRecord[] | undefined {
  const [text = ''] = labels.length === 3 ? labels : [];
  const address = parseIpAddress(text.replaceAll('-', '.')) ?? parseIpAddress(text.replaceAll('-', ':'));
  return address && [addressRecord(name, ipAddressText(address), ttl)];
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
  const endpoints = endpointNames(service, at.view.slicesOf(service.metadata.namespace ?? '', service.metadata.name));
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

const reverseZones = { IPv4: '.in-addr.arpa', IPv6: '.ip6.arpa' } as const;

/** The address that a reverse name stands for: octets of IPv4, half octets of IPv6, last one first. */
function addressIn(query: string): string | undefined {
  const zone = query.endsWith(reverseZones.IPv4) ? reverseZones.IPv4 : reverseZones.IPv6;
  const parts = query.slice(0, -zone.length).split('.').reverse();
  const text = zone === reverseZones.IPv4 ? parts.join('.') : (parts.join('').match(/.{4}/g) ?? []).join(':');
  const whole = zone === reverseZones.IPv4 || (parts.length === 32 && parts.every((part) => /^[0-9a-f]$/.test(part)));
  // Addresses of IPv6 are read without zeros in front.
  const address = whole ? parseIpAddress(text.replaceAll(/(^|:)0{1,3}(?=[0-9a-f])/g, '$1')) : undefined;
  return address && ipAddressText(address);
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

function negative(code: ZoneAnswer['code'], options: ZoneOptions): ZoneAnswer {
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
