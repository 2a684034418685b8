import type { Pod } from '@typernetes/api/core/v1';
import type { DnsConfig } from '@typernetes/cri';

export interface ClusterDns {
  readonly servers: readonly string[];
  /** `cluster.local`; empty for none. */
  readonly domain: string;
  /** What the node itself resolves with. */
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

/** What stands in the pod's resolv.conf, by its dnsPolicy and dnsConfig. */
export function dnsConfigOf(pod: Pod, dns: ClusterDns): DnsConfig {
  return withPodConfig(policyConfig(pod, dns), pod);
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
