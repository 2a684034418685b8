import type { Service } from '@typernetes/api/core/v1';
import type { EndpointSlice } from '@typernetes/api/discovery/v1';
import { ipAddressText, parseIpAddress } from '@typernetes/base';
import { clusterIPsOf } from './cluster-ips.ts';
import { endpointNames } from './endpoint-names.ts';
import type { DnsRecord, ZoneAnswer } from './record.ts';
import { addressIn, isReverseName } from './reverse-name.ts';

/** The cluster data that the zone needs. */
export interface ClusterView {
  service(namespace: string, name: string): Service | undefined;
  namespaceExists(name: string): boolean;
  slicesOf(namespace: string, service: string): readonly EndpointSlice[];
  /** The services that have this cluster IP. */
  servicesByClusterIP(ip: string): readonly Service[];
  /** A pod of the namespace has this address. */
  podHas(namespace: string, ip: string): boolean;
  /** Of a running pod with this address. */
  namespaceOfPod(ip: string): string | undefined;
  /** The services behind which this address is, with its label. */
  endpointsByIP(ip: string): readonly { readonly service: Service; readonly label: string }[];
}

export interface ZoneOptions {
  /** `cluster.local` */
  readonly domain: string;
  /** Seconds. */
  readonly ttl: number;
  /** The serial of the zone: anything that grows. */
  readonly serial: () => number;
  /** The addresses below `pod`: none, those of existing pods, or any. */
  readonly pods: 'disabled' | 'verified' | 'insecure';
  /** Whether endpoints without a hostname are named after their pods. */
  readonly podNames?: boolean;
  /** The addresses of this server: what leads to them is the zone's name server. */
  readonly ownAddresses?: readonly string[];
}

/** The version of the naming scheme that is answered for `dns-version`, and for how many seconds. */
const schemaVersion = '1.1.0';
const schemaTtl = 28_800;

type QueryType = 'A' | 'AAAA' | 'SRV' | 'PTR' | 'TXT' | 'CNAME' | 'SOA' | 'NS' | 'ANY' | (string & {});

/** Types for which the name of a service elsewhere stands; CoreDNS has nothing for all others. */
const followed = new Set(['A', 'AAAA', 'CNAME']);

/**
 * Answers for the names of services, endpoints and pods as the Kubernetes DNS specification lays them out, and beyond it as CoreDNS does. Answers
 * have the name as it was asked for. Undefined when it lies outside of the cluster's domain (and, for reverse names, when no service or endpoint
 * has the address).
 */
export function lookup(name: string, type: QueryType, view: ClusterView, options: ZoneOptions): ZoneAnswer | undefined {
  const query = name.toLowerCase();
  if (isReverseName(query)) return reverse(name, type, view, options);
  if (query !== options.domain && !query.endsWith(`.${options.domain}`)) return undefined;
  const labels = query === options.domain ? [] : query.slice(0, -options.domain.length - 1).split('.');
  const found = resolve(labels, { name, view, options });
  if (!found) return negative('NXDOMAIN', options);
  const answers = found.filter((record) => record.type === type || (record.type === 'CNAME' && followed.has(type)));
  if (answers.length === 0) return negative('NOERROR', options);
  return { code: 'NOERROR', answers, authority: [], additional: addressesOfTargets(answers, view, options) };
}

interface Lookup {
  readonly name: string;
  readonly view: ClusterView;
  readonly options: ZoneOptions;
}

/** All records at a name, none when it exists without any, undefined when it does not exist. */
function resolve(labels: readonly string[], at: Lookup): DnsRecord[] | undefined {
  const { name, view, options } = at;
  const { domain, ttl } = options;
  if (labels.length === 0)
    return [soa(options), ...nameServers(at).map((server) => nsRecord(domain, server.name, ttl))];
  if (labels.length === 1 && labels[0] === 'dns-version')
    return [{ type: 'TXT', name, ttl: schemaTtl, data: schemaVersion }];
  const kind = labels.at(-1);
  const namespace = labels.at(-2);
  if (kind === 'dns' && namespace === 'ns' && labels.length === 2)
    return nameServers(at).map(({ ip }) => addressRecord(name, ip, ttl));
  if (kind !== 'svc' && kind !== 'pod') return undefined;
  if (namespace === undefined) return [];
  if (!view.namespaceExists(namespace)) return undefined;
  if (kind === 'pod') return podRecords(labels, at);
  if (labels.length === 2) return [];
  const service = view.service(namespace, labels.at(-3) as string);
  return service && serviceRecords(service, labels.slice(0, -3), at);
}

/** `10-1-2-3.<namespace>.pod`: the address is in the name. */
function podRecords(labels: readonly string[], { name, view, options }: Lookup): DnsRecord[] | undefined {
  if (options.pods === 'disabled') return undefined;
  if (labels.length === 2) return [];
  const [text = '', namespace = ''] = labels.length === 3 ? labels : [];
  const address = parseIpAddress(text.replaceAll('-', '.')) ?? parseIpAddress(text.replaceAll('-', ':'));
  if (!address) return undefined;
  const ip = ipAddressText(address);
  if (options.pods === 'verified' && !view.podHas(namespace, ip)) return undefined;
  return [addressRecord(name, ip, options.ttl)];
}

/** One way to a service: an address, a port (0 where there is none), and the name that SRV records lead to. */
interface Way {
  readonly ip: string;
  readonly port: number;
  readonly target: string;
}

/** `below` are the labels in front of the service's name: none, that of an endpoint, or a port and its protocol. */
function serviceRecords(service: Service, below: readonly string[], at: Lookup): DnsRecord[] | undefined {
  const { ttl } = at.options;
  const { spec } = service;
  if (below.length > 2) return undefined;
  if (spec.type === 'ExternalName') {
    if (below.length === 1) return undefined;
    return [{ type: 'CNAME', name: at.name, ttl, data: (spec.externalName ?? '').replace(/\.$/, '').toLowerCase() }];
  }
  const ways = waysTo(service, below, at);
  if (ways.length === 0) return undefined;
  const weight = Math.max(1, Math.floor(100 / ways.length));
  const targets = unique(ways.filter(({ port }) => port > 0).map(({ port, target }) => `${port} ${target}`));
  return [
    ...unique(ways.map(({ ip }) => ip)).map((ip) => addressRecord(at.name, ip, ttl)),
    ...targets.map((text): DnsRecord => {
      const [port, target = ''] = text.split(' ');
      return { type: 'SRV', name: at.name, ttl, data: { priority: 0, weight, port: Number(port), target } };
    }),
  ];
}

function waysTo(service: Service, below: readonly string[], { view, options }: Lookup): Way[] {
  const name = serviceName(service, options);
  const clusterIPs = clusterIPsOf(service);
  const [endpoint] = below.length === 1 ? below : [];
  const wanted = below.length === 2 ? below.map((label) => label.replace(/^_/, '')) : [];
  const isWanted = (port: { readonly name?: string; readonly protocol?: string }): boolean =>
    wanted.length === 0 ||
    ((port.name ?? '').toLowerCase() === wanted[0] && (port.protocol ?? 'TCP').toLowerCase() === wanted[1]);
  if (clusterIPs.length > 0 && endpoint === undefined) {
    const ports = (service.spec.ports ?? []).filter(isWanted);
    return ports.flatMap(({ port }) => clusterIPs.map((ip) => ({ ip, port, target: name })));
  }
  const slices = view.slicesOf(service.metadata.namespace ?? '', service.metadata.name);
  return endpointNames(service, slices, options.podNames)
    .filter(({ label }) => endpoint === undefined || label.toLowerCase() === endpoint)
    .flatMap(({ ip, label, ports }) => {
      const all = ports.length > 0 ? ports : [{ port: 0, name: '', protocol: '' }];
      return all.filter(isWanted).map(({ port }) => ({ ip, port, target: `${label}.${name}` }));
    });
}

const unique = (texts: readonly string[]): string[] => [...new Set(texts)];

/** What leads to this server: the Services behind which it is, or itself. */
function nameServers({ view, options }: Lookup): { readonly name: string; readonly ip: string }[] {
  const own = options.ownAddresses ?? [];
  const behind = own.flatMap((address) =>
    view.endpointsByIP(address).flatMap(({ service, label }) => {
      const name = serviceName(service, options);
      const clusterIPs = clusterIPsOf(service);
      return clusterIPs.length > 0
        ? clusterIPs.map((ip) => ({ name, ip }))
        : [{ name: `${label}.${name}`, ip: address }];
    }),
  );
  if (behind.length > 0) return [...new Map(behind.map((one) => [`${one.name} ${one.ip}`, one])).values()];
  return own.map((ip) => ({ name: `ns.dns.${options.domain}`, ip }));
}

function nsRecord(name: string, data: string, ttl: number): DnsRecord {
  return { type: 'NS', name, ttl, data };
}

/** The addresses of what answers lead to, so that clients need not ask again. */
function addressesOfTargets(answers: readonly DnsRecord[], view: ClusterView, options: ZoneOptions): DnsRecord[] {
  const targets = answers.flatMap((answer) =>
    answer.type === 'SRV' ? [answer.data.target] : answer.type === 'NS' ? [answer.data] : [],
  );
  return unique(targets).flatMap((name) => {
    const labels = name.slice(0, -options.domain.length - 1).split('.');
    return (resolve(labels, { name, view, options }) ?? []).filter(({ type }) => type === 'A' || type === 'AAAA');
  });
}

function addressRecord(name: string, ip: string, ttl: number): DnsRecord {
  return { type: ip.includes(':') ? 'AAAA' : 'A', name, ttl, data: ip };
}

/** The Service that has the address, or the names that it has behind Services. */
function reverse(name: string, type: QueryType, view: ClusterView, options: ZoneOptions): ZoneAnswer | undefined {
  const ip = addressIn(name.toLowerCase());
  if (ip === undefined) return undefined;
  const [service] = view.servicesByClusterIP(ip);
  const names = service
    ? [serviceName(service, options)]
    : view.endpointsByIP(ip).map((one) => `${one.label}.${serviceName(one.service, options)}`);
  if (names.length === 0) return undefined;
  if (type !== 'PTR') return negative('NOERROR', options);
  const answers = unique(names).map((data): DnsRecord => ({ type: 'PTR', name, ttl: options.ttl, data }));
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
