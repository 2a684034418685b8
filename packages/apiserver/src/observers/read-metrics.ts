import type { Metrics } from '@typernetes/process';
import type { ResourceCache } from '../cache/resource-cache.ts';

/** Measures reads of the objects of one resource; all are served from the watch cache. */
export interface ResourceReads {
  /** A list was served: so many objects were looked at, and so many are in the answer. */
  listed(fetched: number, returned: number): void;
  /** A read waited for the cache to become fresh. */
  waited(seconds: number): void;
  /** A read asked for whatever is newest. */
  consistent(): void;
  /** A watch began with so many objects that were there. */
  began(objects: number): void;
  /** A watch has sent all initial events. */
  watchListed(seconds: number, scope: string): void;
  /** A slow watcher was disconnected. */
  terminated(): void;
}

interface CachedType {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

/** `feed`: what fills the cache. */
export type ReadMetrics = (
  type: CachedType,
  cache: ResourceCache,
  feed: { readonly revision: number },
) => ResourceReads;

/** Upstream's buckets: from the duration of a small request to the maximum of a request. */
const watchListBuckets = [0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 2, 4, 6, 8, 10, 15, 20, 30, 45, 60];

/** The counts last reported for a cache. */
interface Reported {
  readonly values: readonly string[];
  readonly feed: { readonly revision: number };
  events: number;
  loads: number;
}

/** Under upstream's names and labels. */
export function readMetrics(metrics: Metrics): ReadMetrics {
  const labels = ['group', 'resource'];
  const cached = (name: string, help: string, more: readonly string[] = []) =>
    metrics.counter(`apiserver_${name}`, { help, labels: [...labels, ...more] });
  const lists = cached('cache_list_total', 'Number of LIST requests served from watch cache', ['index']);
  const fetched = cached(
    'cache_list_fetched_objects_total',
    'Number of objects read from watch cache in the course of serving a LIST request',
    ['index'],
  );
  const returned = cached(
    'cache_list_returned_objects_total',
    'Number of objects returned for a LIST request from watch cache',
  );
  const consistent = cached('watch_cache_consistent_read_total', 'Counter for consistent reads from cache.', [
    'success',
    'fallback',
  ]);
  const began = cached('init_events_total', 'Counter of init events processed in watch cache broken by resource type.');
  const terminated = cached(
    'terminated_watchers_total',
    'Counter of watchers closed due to unresponsiveness broken by resource type.',
  );
  const received = cached(
    'watch_cache_events_received_total',
    'Counter of events received in watch cache broken by resource type.',
  );
  const dispatched = cached(
    'watch_cache_events_dispatched_total',
    'Counter of events dispatched in watch cache broken by resource type.',
  );
  const initializations = cached(
    'watch_cache_initializations_total',
    'Counter of watch cache initializations broken by resource type.',
  );
  const waits = metrics.histogram('apiserver_watch_cache_read_wait_seconds', {
    help: 'Histogram of time spent waiting for a watch cache to become fresh.',
    labels,
    buckets: [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3],
  });
  const reached = metrics.gauge('apiserver_watch_cache_resource_version', {
    help: 'Current resource version of watch cache broken by resource type.',
    labels,
  });
  const capacity = metrics.gauge('watch_cache_capacity', {
    help: 'Total capacity of watch cache broken by resource type.',
    labels,
  });
  const watchLists = metrics.histogram('apiserver_watch_list_duration_seconds', {
    help: 'Response latency distribution in seconds for watch list requests broken by group, version, resource and scope.',
    stability: 'BETA',
    labels: ['group', 'version', 'resource', 'scope'],
    buckets: watchListBuckets,
  });
  // By resource: its versions share a cache.
  const caches = new Map<ResourceCache, Reported>();
  const reportAll = (): void => {
    for (const [cache, reported] of caches) {
      const { events, loads } = cache.counts;
      received.add(reported.values, events - reported.events);
      dispatched.add(reported.values, events - reported.events);
      initializations.add(reported.values, loads - reported.loads);
      reported.events = events;
      reported.loads = loads;
      reached.set(reported.feed.revision, reported.values);
      capacity.set(cache.capacity, reported.values);
      if (cache.isRetired) caches.delete(cache);
    }
  };
  metrics.beforeRender(reportAll);
  return ({ group, version, plural }, cache, feed) => {
    const own = [group, plural];
    if (!caches.has(cache)) {
      // Possibly nobody ever asks for metrics.
      if ([...caches.keys()].some(({ isRetired }) => isRetired)) reportAll();
      caches.set(cache, { values: own, feed, events: 0, loads: 0 });
    }
    const once = <T>(make: () => T): (() => T) => {
      let made: T | undefined;
      return () => {
        made ??= make();
        return made;
      };
    };
    const series = once(() => ({
      lists: lists.of([...own, '']),
      fetched: fetched.of([...own, '']),
      returned: returned.of(own),
    }));
    const fresh = once(() => consistent.of([...own, 'true', 'false']));
    return {
      listed: (read, given) => {
        const { lists, fetched, returned } = series();
        lists.add();
        fetched.add(read);
        returned.add(given);
      },
      waited: (seconds) => waits.observe(seconds, own),
      consistent: () => fresh().add(),
      began: (objects) => began.add(own, objects),
      watchListed: (seconds, scope) => watchLists.observe(seconds, [group, version, plural, scope]),
      terminated: () => terminated.add(own),
    };
  };
}
