import type { IpFamily } from '@typernetes/base';
import type { Metrics } from '@typernetes/process';

/** What a proxier tells of its syncs, by upstream's names. */
export interface ProxyMetrics {
  synced(family: IpFamily, of: { readonly seconds: number; readonly at: number }): void;
  /** Rules could not be written. */
  failed(family: IpFamily): void;
  /** How many rules there are now. */
  rules(family: IpFamily, count: Readonly<Record<'nat' | 'filter', number>>): void;
}

/** Upstream: exponential, from a millisecond. */
const syncBuckets = Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i);

export function proxyMetrics(metrics: Metrics): ProxyMetrics {
  const labels = ['ip_family'];
  const duration = metrics.histogram('kubeproxy_sync_proxy_rules_duration_seconds', {
    help: 'SyncProxyRules latency in seconds',
    labels,
    buckets: syncBuckets,
  });
  const last = metrics.gauge('kubeproxy_sync_proxy_rules_last_timestamp_seconds', {
    help: 'The last time proxy rules were successfully synced',
    labels,
  });
  const failures = metrics.counter('kubeproxy_sync_proxy_rules_iptables_restore_failures_total', {
    help: 'Cumulative proxy iptables restore failures',
    labels,
  });
  const total = metrics.gauge('kubeproxy_sync_proxy_rules_iptables_total', {
    help: 'Total number of iptables rules owned by kube-proxy',
    labels: ['table', ...labels],
  });
  return {
    synced(family, { seconds, at }) {
      duration.observe(seconds, [family]);
      last.set(at / 1000, [family]);
    },
    failed: (family) => failures.add([family]),
    rules(family, count) {
      for (const table of ['nat', 'filter'] as const) total.set(count[table], [table, family]);
    },
  };
}
