import type { Pod } from '@typernetes/api/core/v1';
import type { DnsConfig } from '@typernetes/cri';

export interface ClusterDns {
  readonly servers: readonly string[];
  /** `cluster.local`; empty for none. */
  readonly domain: string;
  /** The node's own resolver configuration. */
  readonly node: Required<DnsConfig>;
}

/** Reads a resolv.conf. The last `search` line counts, as for the C library. */
export function parseResolvConf(text: string): Required<DnsConfig> {
  const servers: string[] = [];
  let searches: string[] = [];
  let options: string[] = [];
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line.trim().split(/\s+/);
    if (keyword === 'nameserver' && values[0]) servers.push(values[0]);
    else if (keyword === 'search') searches = values;
    else if (keyword === 'options') options = values;
  }
  return { servers, searches, options };
}

/** The contents of the pod's resolv.conf, from its dnsPolicy and dnsConfig. */
export function dnsConfigOf(pod: Pod, dns: ClusterDns): DnsConfig {
  return withPodConfig(policyConfig(pod, dns), pod);
}

/** The C library's limits: name servers, search paths, and characters of the search line. */
const most = { servers: 3, searches: 32, searchChars: 2048 };

/** The configuration cut to the C library's limits, and a message about what was dropped. */
export function dnsWithinLimits(config: DnsConfig): {
  readonly config: DnsConfig;
  readonly problems: readonly string[];
} {
  const { servers = [], searches = [] } = config;
  const keptServers = servers.slice(0, most.servers);
  let keptSearches = searches.slice(0, most.searches);
  while (keptSearches.join(' ').length > most.searchChars) keptSearches = keptSearches.slice(0, -1);
  const problems: string[] = [];
  const exceeded = (what: string, left: string, line: string): void => {
    problems.push(`${what} limits were exceeded, some ${left} have been omitted, the applied ${line}`);
  };
  if (keptServers.length < servers.length)
    exceeded('Nameserver', 'nameservers', `nameserver line is: ${keptServers.join(' ')}`);
  if (keptSearches.length < searches.length)
    exceeded('Search Line', 'search paths', `search line is: ${keptSearches.join(' ')}`);
  return { config: { ...config, servers: keptServers, searches: keptSearches }, problems };
}

/** The message about a pod that wants the cluster's DNS while the kubelet has none configured; undefined for others. */
export function missingClusterDns({ spec }: Pod, dns: ClusterDns): string | undefined {
  const policy = spec?.dnsPolicy ?? 'ClusterFirst';
  const wanted = policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && !spec?.hostNetwork);
  if (!wanted || dns.servers.length > 0) return undefined;
  const why = `kubelet does not have ClusterDNS IP configured and cannot create Pod using "${policy}" policy.`;
  return `${why} Falling back to "Default" policy.`;
}

function policyConfig(pod: Pod, dns: ClusterDns): Required<DnsConfig> {
  const policy = pod.spec?.dnsPolicy ?? 'ClusterFirst';
  if (policy === 'None') return { servers: [], searches: [], options: [] };
  const first = policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && !pod.spec?.hostNetwork);
  if (!first || dns.servers.length === 0) return dns.node;
  const searches = dns.domain
    ? [`${pod.metadata.namespace}.svc.${dns.domain}`, `svc.${dns.domain}`, dns.domain, ...dns.node.searches]
    : dns.node.searches;
  return { servers: dns.servers, searches: [...new Set(searches)], options: ['ndots:5'] };
}

function withPodConfig(base: Required<DnsConfig>, pod: Pod): DnsConfig {
  const own = pod.spec?.dnsConfig;
  if (!own) return base;
  const options = new Map(base.options.map((option) => [option.split(':')[0] ?? option, option]));
  for (const { name, value } of own.options ?? []) {
    if (name) options.set(name, value === undefined ? name : `${name}:${value}`);
  }
  return {
    servers: [...new Set([...base.servers, ...(own.nameservers ?? [])])],
    searches: [...new Set([...base.searches, ...(own.searches ?? [])])],
    options: [...options.values()],
  };
}
