import { exponentialBuckets, type Metrics } from '@typernetes/process';
import type { Evictions } from './evictions.ts';

/** Returns the function to call with the duration of each node check, in seconds. */
export function nodeHealthDuration(metrics: Metrics): (seconds: number) => void {
  const duration = metrics.histogram('node_collector_update_node_health_duration_seconds', {
    help: 'Duration in seconds for NodeController to update the health of a single node.',
    buckets: exponentialBuckets(0.001, 4, 8),
  });
  return (seconds) => duration.observe(seconds);
}

/**
 * `node_collector_*`: the health of zones, and how many of their nodes were evicted. Returns the function to call for
 * each eviction.
 */
export function nodeCollectorMetrics(metrics: Metrics, evictions: Evictions): (zone: string) => void {
  const labels = ['zone'];
  const size = metrics.gauge('node_collector_zone_size', {
    help: 'Gauge measuring number of registered Nodes per zones.',
    labels,
  });
  const health = metrics.gauge('node_collector_zone_health', {
    help: 'Gauge measuring percentage of healthy nodes per zone.',
    labels,
  });
  const unhealthy = metrics.gauge('node_collector_unhealthy_nodes_in_zone', {
    help: 'Gauge measuring number of not Ready Nodes per zones.',
    labels,
  });
  const evicted = metrics.counter('node_collector_evictions_total', {
    help: 'Number of Node evictions that happened since current instance of NodeController started.',
    stability: 'STABLE',
    labels,
  });
  const known = new Set<string>();
  metrics.beforeRender(() => {
    for (const zone of evictions.counts.keys()) {
      if (!known.has(zone)) evicted.add([zone], 0);
      known.add(zone);
    }
    for (const zone of known) {
      const { ready, notReady } = evictions.counts.get(zone) ?? { ready: 0, notReady: 0 };
      const total = ready + notReady;
      size.set(total, [zone]);
      unhealthy.set(notReady, [zone]);
      health.set(total === 0 ? 0 : (100 * ready) / total, [zone]);
    }
  });
  return (zone) => evicted.add([zone]);
}
