import type { IpFamily } from '@typernetes/base';
import { exponentialBuckets, type Metrics } from '@typernetes/process';
import type { RuleSync, SyncExtent } from './rules/service-rules.ts';

/** The metrics of a proxier, under upstream's names. */
export interface ProxyMetrics {
  /** A Service or an EndpointSlice has changed and must be synced. */
  changed(what: 'service' | 'endpoint', family: IpFamily, at: number): void;
  /** The number of services that changed, and of services whose endpoints changed, since the last sync. */
  pending(services: number, endpoints: number): void;
  /** `extent`: whether all rules were written, or those of services that had changed. */
  synced(family: IpFamily, of: { readonly seconds: number; readonly at: number; readonly extent: SyncExtent }): void;
  /** A change that was made `seconds` ago is now in effect. */
  programmed(family: IpFamily, seconds: number): void;
  /** Rules could not be written. */
  failed(family: IpFamily, extent: SyncExtent): void;
  /** Unused chains could not be deleted, in nftables mode. */
  cleanupFailed(family: IpFamily): void;
  /** The number of rules now, and the number just written, in iptables mode. */
  rules(family: IpFamily, counts: NonNullable<RuleSync['counts']>): void;
  /** The number of services that want backends on this node only and have none, for internal and external traffic. */
  withoutLocal(family: IpFamily, of: { readonly internal: number; readonly external: number }): void;
  /** A health endpoint was called. */
  asked(path: 'healthz' | 'livez', code: number): void;
}

const steps = (start: number, width: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => start + i * width);

/** Upstream's buckets: dense for common latencies, up to five minutes. */
const programmingBuckets = [...steps(0.25, 0.25, 2), ...steps(1, 1, 59), ...steps(60, 5, 12), ...steps(120, 30, 7)];

function durationOf(metrics: Metrics, extent: SyncExtent) {
  return metrics.histogram(`kubeproxy_sync_${extent}_proxy_rules_duration_seconds`, {
    help: `SyncProxyRules latency in seconds for ${extent} resyncs`,
    labels: ['ip_family'],
    buckets: exponentialBuckets(0.001, 2, 15),
  });
}

/** Those of the proxy mode `mode`. */
export function proxyMetrics(metrics: Metrics, mode: string): ProxyMetrics {
  const labels = ['ip_family'];
  const name = (rest: string): string => `kubeproxy_${rest}`;
  const duration = metrics.histogram(name('sync_proxy_rules_duration_seconds'), {
    help: 'SyncProxyRules latency in seconds',
    labels,
    buckets: exponentialBuckets(0.001, 2, 15),
  });
  const extents = { full: durationOf(metrics, 'full'), partial: durationOf(metrics, 'partial') };
  const programming = metrics.histogram(name('network_programming_duration_seconds'), {
    help: 'In Cluster Network Programming Latency in seconds',
    labels,
    buckets: programmingBuckets,
  });
  const last = metrics.gauge(name('sync_proxy_rules_last_timestamp_seconds'), {
    help: 'The last time proxy rules were successfully synced',
    labels,
  });
  const queued = metrics.gauge(name('sync_proxy_rules_last_queued_timestamp_seconds'), {
    help: 'The last time a sync of proxy rules was queued',
    labels,
  });
  const ofMode = mode === 'nftables' ? nftablesMetrics(metrics, labels) : iptablesMetrics(metrics, labels);
  const noLocal = metrics.gauge(name('sync_proxy_rules_no_local_endpoints_total'), {
    help: 'Number of services with a Local traffic policy and no endpoints',
    labels: ['traffic_policy', ...labels],
  });
  const changes = {
    service: metrics.counter(name('sync_proxy_rules_service_changes_total'), {
      help: 'Cumulative proxy rules Service changes',
    }),
    endpoint: metrics.counter(name('sync_proxy_rules_endpoint_changes_total'), {
      help: 'Cumulative proxy rules Endpoint changes',
    }),
  };
  const pendingServices = metrics.gauge(name('sync_proxy_rules_service_changes_pending'), {
    help: 'Pending proxy rules Service changes',
  });
  const pendingEndpoints = metrics.gauge(name('sync_proxy_rules_endpoint_changes_pending'), {
    help: 'Pending proxy rules Endpoint changes',
  });
  const answers = {
    healthz: metrics.counter(name('proxy_healthz_total'), {
      help: 'Cumulative proxy healthz HTTP status',
      labels: ['code'],
    }),
    livez: metrics.counter(name('proxy_livez_total'), { help: 'Cumulative proxy livez HTTP status', labels: ['code'] }),
  };
  return {
    changed(what, family, at) {
      changes[what].add();
      queued.set(at / 1000, [family]);
    },
    pending(services, endpoints) {
      pendingServices.set(services);
      pendingEndpoints.set(endpoints);
    },
    synced(family, { seconds, at, extent }) {
      duration.observe(seconds, [family]);
      extents[extent].observe(seconds, [family]);
      last.set(at / 1000, [family]);
    },
    programmed: (family, seconds) => programming.observe(seconds, [family]),
    ...ofMode,
    withoutLocal(family, { internal, external }) {
      noLocal.set(internal, ['internal', family]);
      noLocal.set(external, ['external', family]);
    },
    asked: (path, code) => answers[path].add([String(code)]),
  };
}

function iptablesMetrics(
  metrics: Metrics,
  labels: readonly string[],
): Pick<ProxyMetrics, 'failed' | 'cleanupFailed' | 'rules'> {
  const failures = metrics.counter('kubeproxy_sync_proxy_rules_iptables_restore_failures_total', {
    help: 'Cumulative proxy iptables restore failures',
    labels,
  });
  const partialFailures = metrics.counter('kubeproxy_sync_proxy_rules_iptables_partial_restore_failures_total', {
    help: 'Cumulative proxy iptables partial restore failures',
    labels,
  });
  const total = metrics.gauge('kubeproxy_sync_proxy_rules_iptables_total', {
    help: 'Total number of iptables rules owned by kube-proxy',
    labels: ['table', ...labels],
  });
  const lastWritten = metrics.gauge('kubeproxy_sync_proxy_rules_iptables_last', {
    help: 'Number of iptables rules written by kube-proxy in last sync',
    labels: ['table', ...labels],
  });
  return {
    failed(family, extent) {
      failures.add([family]);
      if (extent === 'partial') partialFailures.add([family]);
    },
    cleanupFailed: () => undefined,
    rules(family, { all, written }) {
      for (const table of ['nat', 'filter'] as const) {
        total.set(all[table], [table, family]);
        lastWritten.set(written[table], [table, family]);
      }
    },
  };
}

function nftablesMetrics(
  metrics: Metrics,
  labels: readonly string[],
): Pick<ProxyMetrics, 'failed' | 'cleanupFailed' | 'rules'> {
  const failures = metrics.counter('kubeproxy_sync_proxy_rules_nftables_sync_failures_total', {
    help: 'Cumulative proxy nftables sync failures',
    labels,
  });
  const cleanupFailures = metrics.counter('kubeproxy_sync_proxy_rules_nftables_cleanup_failures_total', {
    help: 'Cumulative proxy nftables cleanup failures',
    labels,
  });
  return {
    failed: (family) => failures.add([family]),
    cleanupFailed: (family) => cleanupFailures.add([family]),
    rules: () => undefined,
  };
}
