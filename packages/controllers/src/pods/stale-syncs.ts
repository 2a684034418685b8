import type { ResourceType } from '@typernetes/machinery';
import type { Metrics } from '@typernetes/process';

/** Counts the rounds of a controller that were put off because the cache did not have its own writes yet. `controller`: `job`. */
export function staleSyncs(
  metrics: Metrics,
  {
    controller,
    kind,
    group,
    plural,
  }: { readonly controller: string } & Pick<ResourceType<unknown>, 'kind' | 'group' | 'plural'>,
): () => void {
  const skips = metrics.counter(`${controller}_controller_stale_sync_skips_total`, {
    help: `Total number of ${kind} syncs skipped due to a stale watch cache.`,
    labels: ['group', 'resource'],
  });
  return () => skips.add([group, plural]);
}
