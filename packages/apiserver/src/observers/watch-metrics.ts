import type { Metrics } from '@typernetes/process';

/** Called for every event that is sent to a watcher. */
export type WatchObserver = (
  type: { readonly group: string; readonly version: string; readonly plural: string },
  bytes: number,
) => void;

/** Counts events and their sizes, under upstream's names and labels. */
export function watchMetrics(metrics: Metrics): WatchObserver {
  const labels = ['group', 'version', 'resource'];
  const events = metrics.counter('apiserver_watch_events_total', {
    help: 'Number of events sent in watch clients',
    labels,
  });
  const sizes = metrics.histogram('apiserver_watch_events_sizes', {
    help: 'Watch event size distribution in bytes',
    labels,
    buckets: [1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072],
  });
  const known = new WeakMap<object, readonly string[]>();
  return (type, bytes) => {
    let values = known.get(type);
    if (!values) {
      values = [type.group, type.version, type.plural];
      known.set(type, values);
    }
    events.add(values);
    sizes.observe(bytes, values);
  };
}
