import { isPodTerminal } from '@typernetes/api';
import type { Pod } from '@typernetes/api/core/v1';

export interface GarbagePlan {
  /** On nodes that do not exist: failed first, so that their owners take notice. */
  readonly orphaned: readonly Pod[];
  readonly remove: readonly Pod[];
}

/** Pure. `threshold` finished pods are kept; 0 keeps all. */
export function planGarbage(
  pods: readonly Pod[],
  nodeExists: (name: string) => boolean,
  threshold: number,
): GarbagePlan {
  const orphaned = pods.filter((pod) => pod.spec.nodeName && !nodeExists(pod.spec.nodeName));
  const rest = pods.filter((pod) => !orphaned.includes(pod));
  const unscheduled = rest.filter((pod) => !pod.spec.nodeName && pod.metadata.deletionTimestamp !== undefined);
  const finished = rest.filter((pod) => isPodTerminal(pod) && !unscheduled.includes(pod));
  const excess = threshold > 0 ? Math.max(0, finished.length - threshold) : 0;
  const oldest = [...finished].sort(byAge).slice(0, excess);
  return { orphaned, remove: [...unscheduled, ...oldest] };
}

function byAge(a: Pod, b: Pod): number {
  const [older, newer] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  if (older !== newer) return older < newer ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}
