import type { Pod } from '@typernetes/api/core/v1';
import type { StarvedResource } from '../resources/observation.ts';
import { type PodUsage, requestedOf, usedOf } from '../resources/pod-usage.ts';

/**
 * The pods in eviction order: those with unknown usage, then those above their requests, then by low priority, then by
 * how far usage exceeds the request. For processes only priority and number count (upstream: rankMemoryPressure and its
 * siblings).
 */
export function rankPods(
  pods: readonly Pod[],
  usages: ReadonlyMap<string, PodUsage>,
  resource: StarvedResource,
): readonly Pod[] {
  const ranked = pods.map((pod) => {
    const usage = usages.get(pod.metadata.uid);
    const beyond = usage ? usedOf(usage, resource) - requestedOf(pod, resource) : Number.POSITIVE_INFINITY;
    return { pod, known: usage !== undefined, beyond, priority: pod.spec?.priority ?? 0 };
  });
  const first = (a: boolean, b: boolean): number => Number(b) - Number(a);
  return ranked
    .sort(
      (a, b) =>
        (resource === 'pids' ? 0 : first(!a.known, !b.known) || first(a.beyond > 0, b.beyond > 0)) ||
        a.priority - b.priority ||
        (a.beyond === b.beyond ? 0 : b.beyond - a.beyond),
    )
    .map(({ pod }) => pod);
}
