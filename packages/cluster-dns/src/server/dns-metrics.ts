import type { Clock } from '@typernetes/base';
import { exponentialBuckets, type Metrics } from '@typernetes/process';
import { absolute } from '../corefile/zone-name.ts';
import type { CacheKind, CacheWatcher } from '../plugins/cache.ts';
import type { ForwardDeps } from '../plugins/forward.ts';
import type { Query, Reply } from '../plugins/query.ts';
import { codeName, codeOf } from '../wire/message.ts';
import { type BlockPlan, hostsOf } from './plan.ts';

/** The types that CoreDNS counts by their names. */
const countedTypes = new Set('A AAAA ANY AXFR CNAME DNSKEY DS IXFR MX NS NSEC NSEC3 PTR RRSIG SOA SRV TXT'.split(' '));
const sizes = [0, 100, 200, 300, 400, 511, 1023, 2047, 4095, 8291, 16e3, 32e3, 48e3, 64e3];

/** The answering plugin, under CoreDNS's name. */
interface Answered {
  readonly message: Buffer;
  readonly protocol: 'udp' | 'tcp';
  readonly client: string;
  /** Undefined for what cannot be read. */
  readonly query: Query | undefined;
  readonly reply: Reply;
  /** Undefined if no block serves the name. */
  readonly zone: string | undefined;
  readonly port: number;
  /** Empty for the usual address. */
  readonly host?: string;
  readonly seconds: number;
}

export interface DnsMetrics {
  answered(what: Answered): void;
  cacheOf(block: BlockPlan): CacheWatcher;
  readonly forward: NonNullable<ForwardDeps['watcher']>;
  hosts(entries: number): void;
  /** Sets the current plugins. */
  running(blocks: readonly BlockPlan[], hash: string): void;
  reloadFailed(): void;
  /** A name below `localhost` was asked for. */
  localhost(): void;
  /** The plugin `dns64` has made an answer. */
  translated(block: BlockPlan): void;
}

/** The metrics that CoreDNS dashboards expect: its names, labels and buckets. */
export function dnsMetrics(metrics: Metrics, clock: Pick<Clock, 'now'>): DnsMetrics {
  return {
    answered: answerMetrics(metrics),
    cacheOf: cacheMetrics(metrics),
    forward: forwardMetrics(metrics),
    hosts: hostsMetrics(metrics, clock),
    ...reloadMetrics(metrics),
    ...smallPluginMetrics(metrics),
  };
}

const labels = ['server', 'zone', 'view'];
/** CoreDNS promises no stability of metrics. */
const stability = '';

function answerMetrics(metrics: Metrics): DnsMetrics['answered'] {
  const requests = metrics.counter('coredns_dns_requests_total', {
    help: 'Counter of DNS requests made per zone, protocol and family.',
    labels: [...labels, 'proto', 'family', 'type'],
    stability,
  });
  const duration = metrics.histogram('coredns_dns_request_duration_seconds', {
    help: 'Histogram of the time (in seconds) each request took per zone.',
    labels,
    buckets: exponentialBuckets(0.00025, 2, 16),
    stability,
  });
  const requestSize = metrics.histogram('coredns_dns_request_size_bytes', {
    help: 'Size of the request in bytes per zone and protocol.',
    labels: [...labels, 'proto'],
    buckets: sizes,
    stability,
  });
  const responses = metrics.counter('coredns_dns_responses_total', {
    help: 'Counter of response status codes.',
    labels: [...labels, 'rcode', 'plugin'],
    stability,
  });
  const responseSize = metrics.histogram('coredns_dns_response_size_bytes', {
    help: 'Size of the returned response in bytes per zone and protocol.',
    labels: [...labels, 'proto'],
    buckets: sizes,
    stability,
  });
  return ({ message, protocol, client, query, reply, zone, port, host, seconds }) => {
    const where = seriesOf(port, zone, host);
    // Addresses of IPv4 have dots also where they are written as IPv6's.
    const type = query && countedTypes.has(query.type) ? query.type : 'other';
    requests.add([...where, protocol, client.includes('.') ? '1' : '2', type]);
    duration.observe(seconds, where);
    requestSize.observe(message.length, [...where, protocol]);
    responseSize.observe(reply.message.length, [...where, protocol]);
    responses.add([...where, codeName(codeOf(reply.message)), reply.by]);
  };
}

function cacheMetrics(metrics: Metrics): DnsMetrics['cacheOf'] {
  const cacheLabels = ['server', 'zones', 'view'];
  const requests = metrics.counter('coredns_cache_requests_total', {
    help: 'The count of cache requests.',
    labels: cacheLabels,
    stability,
  });
  const hits = metrics.counter('coredns_cache_hits_total', {
    help: 'The count of cache hits.',
    labels: ['server', 'type', 'zones', 'view'],
    stability,
  });
  const misses = metrics.counter('coredns_cache_misses_total', {
    help: 'The count of cache misses. Deprecated, derive misses from cache hits/requests counters.',
    labels: cacheLabels,
    stability,
  });
  const entries = metrics.gauge('coredns_cache_entries', {
    help: 'The number of elements in the cache.',
    labels: ['server', 'type', 'zones', 'view'],
    stability,
  });
  return (block) => {
    const zones = (block.plugins.cache?.zones ?? []).map(absolute).join(',');
    const server = serverOf(block);
    const typed = (kind: CacheKind): string[] => [server, kind, zones, ''];
    return {
      asked: () => requests.add([server, zones, '']),
      hit: (kind) => hits.add(typed(kind)),
      missed: () => misses.add([server, zones, '']),
      holds: (kind, count) => entries.set(count, typed(kind)),
    };
  };
}

function forwardMetrics(metrics: Metrics): DnsMetrics['forward'] {
  const exchanges = metrics.histogram('coredns_proxy_request_duration_seconds', {
    help: 'Histogram of the time each request took.',
    labels: ['proxy_name', 'to', 'rcode'],
    buckets: exponentialBuckets(0.00025, 2, 16),
    stability,
  });
  const rejects = metrics.counter('coredns_forward_max_concurrent_rejects_total', {
    help: 'Counter of the number of queries rejected because the concurrent queries were at maximum.',
    stability,
  });
  return {
    answered: (to, code, seconds) => exchanges.observe(seconds, ['forward', to, code]),
    rejected: () => rejects.add(),
  };
}

function hostsMetrics(metrics: Metrics, clock: Pick<Clock, 'now'>): DnsMetrics['hosts'] {
  const entries = metrics.gauge('coredns_hosts_entries', {
    help: 'The combined number of entries in hosts and Corefile.',
    stability,
  });
  const reload = metrics.gauge('coredns_hosts_reload_timestamp_seconds', {
    help: 'The timestamp of the last reload of hosts file.',
    stability,
  });
  return (count) => {
    entries.set(count);
    reload.set(clock.now() / 1000);
  };
}

function reloadMetrics(metrics: Metrics): Pick<DnsMetrics, 'running' | 'reloadFailed'> {
  const enabled = metrics.gauge('coredns_plugin_enabled', {
    help: 'A metric that indicates whether a plugin is enabled on per server and zone basis.',
    labels: [...labels, 'name'],
    stability,
  });
  const failures = metrics.counter('coredns_reload_failed_total', {
    help: 'Counter of the number of failed reload attempts.',
    stability,
  });
  const info = metrics.gauge('coredns_reload_version_info', {
    help: "A metric with a constant '1' value labeled by hash, and value which type of hash generated.",
    labels: ['hash', 'value'],
    stability,
  });
  let known: readonly (readonly string[])[] = [];
  let version: readonly string[] | undefined;
  return {
    running: (blocks, hash) => {
      for (const series of known) enabled.remove(series);
      known = blocks.flatMap(pluginSeries);
      for (const series of known) enabled.set(1, series);
      if (version) info.remove(version);
      version = ['sha512', hash];
      info.set(1, version);
    },
    reloadFailed: () => failures.add(),
  };
}

function smallPluginMetrics(metrics: Metrics): Pick<DnsMetrics, 'localhost' | 'translated'> {
  const localhost = metrics.counter('coredns_local_localhost_requests_total', {
    help: 'Counter of localhost.<domain> requests.',
    stability,
  });
  const translated = metrics.counter('coredns_dns64_requests_translated_total', {
    help: 'Counter of DNS requests translated by dns64.',
    labels: ['server', 'view'],
    stability,
  });
  return {
    localhost: () => localhost.add(),
    translated: (block) => translated.add([serverOf(block), '']),
  };
}

/** Values of {@link labels}. */
function seriesOf(port: number, zone: string | undefined, host = ''): string[] {
  return [serverName(port, host), zone === undefined ? 'dropped' : absolute(zone), ''];
}

function pluginSeries(block: BlockPlan): readonly (readonly string[])[] {
  return hostsOf(block).flatMap((host) =>
    block.serves.flatMap(({ zone, port }) =>
      Object.keys(block.plugins).map((name) => [...seriesOf(port, zone, host), name]),
    ),
  );
}

function serverOf(block: BlockPlan): string {
  return serverName(block.serves[0]?.port ?? 53, hostsOf(block)[0] ?? '');
}

function serverName(port: number, host: string): string {
  return `dns://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
