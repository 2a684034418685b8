import type { Metrics } from '@typernetes/process';
import type { Store } from '@typernetes/store';
import type { ServedResource } from '../registry/served-resource.ts';

/** The object count of a resource. */
interface Counted {
  readonly served: readonly ServedResource[];
  storageOf(type: ServedResource['type']): { readonly cache: { readonly bytes: number } };
  countOf(info: { apiGroup: string; apiVersion: string; resource: string }): number;
}

/** The sizes of stores, as last reported; query them before each rendering. Only for stores that know their size. */
export function storageSize(metrics: Metrics, stores: readonly Pick<Store, 'sizeBytes'>[]): () => Promise<void> {
  const size = metrics.gauge('apiserver_storage_size_bytes', {
    help: 'Size of the storage database file physically allocated in bytes.',
    stability: 'STABLE',
    labels: ['storage_cluster_id'],
  });
  return async () => {
    // A store that does not answer has no size now: its health check reports that.
    const sizes = await Promise.all(stores.map(async (store) => store.sizeBytes?.().catch(() => undefined)));
    size.clear();
    // As upstream, etcd clusters are numbered, those of `--etcd-servers` first.
    for (const [i, bytes] of sizes.entries()) if (bytes !== undefined) size.set(bytes, [`etcd-${i}`]);
  };
}

/** Counts the objects of each resource when somebody asks, under upstream's names. */
export function storageMetrics(metrics: Metrics, resources: Counted): void {
  const old = metrics.gauge('apiserver_storage_objects', {
    help: '[DEPRECATED, consider using apiserver_resource_objects instead] Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.',
    stability: 'STABLE',
    deprecated: '1.34.0',
    labels: ['resource'],
  });
  const counts = metrics.gauge('apiserver_resource_objects', {
    help: 'Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.',
    labels: ['group', 'resource'],
  });
  const sizes = metrics.gauge('apiserver_resource_size_estimate_bytes', {
    help: 'Estimated size of stored objects in database. Estimate is based on sum of last observed sizes of serialized objects. In case of a fetching error, the value will be -1.',
    labels: ['group', 'resource'],
  });
  metrics.beforeRender(() => {
    for (const { type, storage } of resources.served) {
      if (!storage) continue;
      const { group, version, plural } = type;
      const count = resources.countOf({ apiGroup: group, apiVersion: version, resource: plural });
      old.set(count, [group === '' ? plural : `${plural}.${group}`]);
      counts.set(count, [group, plural]);
      sizes.set(resources.storageOf(type).cache.bytes, [group, plural]);
    }
  });
}
