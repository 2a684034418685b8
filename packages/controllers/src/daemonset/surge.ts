import { isPodAvailable, isPodReady } from '@typernetes/api';
import type { Pod } from '@typernetes/api/core/v1';
import { placement } from './placement.ts';
import { type DaemonView, isLeaving, isOlder, podsByNode, revisionLabel } from './view.ts';

/** The two pods of a node during a surging update: the oldest of the old templates, and the oldest of the new one. */
interface Pair {
  readonly old: Pod | undefined;
  readonly fresh: Pod | undefined;
}

function pairOf(here: readonly Pod[], hash: string): Pair & { readonly others: readonly Pod[] } {
  const [old, ...moreOld] = here.filter(({ metadata }) => metadata.labels?.[revisionLabel] !== hash);
  const [fresh, ...moreFresh] = here.filter(({ metadata }) => metadata.labels?.[revisionLabel] === hash);
  return { old, fresh, others: [...moreOld, ...moreFresh] };
}

/** The node's running pods to delete: the old one stays as long as it is ready and the new one is not available yet. */
export function surplusWhileSurging(running: readonly Pod[], view: DaemonView): readonly Pod[] {
  const { old, fresh, others } = pairOf([...running].sort(isOlder), view.hash);
  if (!old || !fresh) return others;
  return !isPodReady(old) || isAvailable(fresh, view) ? [...others, old] : others;
}

/**
 * A rolling update that creates a pod of the new template beside an old one, on up to `maxSurge` nodes at a time,
 * before deleting the old one (upstream: rollingUpdate). If the old one is unavailable anyway, the new one is created
 * at once. {@link surplusWhileSurging} decides which of a pair is deleted.
 */
export function surge(view: DaemonView, maxSurge: number, going: readonly Pod[]): readonly string[] {
  const { daemonSet, nodes, pods, hash } = view;
  const byNode = podsByNode(pods);
  const free: string[] = [];
  const candidates: string[] = [];
  let surging = 0;
  for (const node of nodes) {
    const { name } = node.metadata;
    const here = (byNode.get(name) ?? []).filter((pod) => !isLeaving(pod) && !going.includes(pod)).sort(isOlder);
    const { old, fresh, others } = pairOf(here, hash);
    if (others.length > 0) surging++;
    else if (!old || !placement(daemonSet.spec.template.spec ?? { containers: [] }, node).shouldRun) continue;
    else if (fresh) surging += isAvailable(fresh, view) ? 0 : 1;
    else (isAvailable(old, view) ? candidates : free).push(name);
  }
  return [...free, ...candidates.slice(0, Math.max(0, maxSurge - surging))];
}

const isAvailable = (pod: Pod, { daemonSet, now }: DaemonView): boolean =>
  isPodAvailable(pod, { minReadySeconds: daemonSet.spec.minReadySeconds ?? 0, now });
