import type { Pod } from '@typernetes/api/core/v1';

/** What becomes of the pods of a node that is drained, in the sense of `kubectl drain --ignore-daemonsets`. */
interface DrainPlan {
  /** Go, and are made anew elsewhere. */
  readonly evict: readonly Pod[];
  /** Nobody makes them anew: they go only if that is wanted (`--force`). */
  readonly unmanaged: readonly Pod[];
  /** What they have in emptyDir volumes is lost: they go only if that is wanted (`--delete-emptydir-data`). */
  readonly withData: readonly Pod[];
  /** Of DaemonSets, which would be made again here, and the kubelet's own. */
  readonly stay: readonly Pod[];
}

/** Each pod is in one of the lists; one that is over goes whatever it has, as kubectl has it. */
export function planDrain(pods: readonly Pod[]): DrainPlan {
  const plan = Map.groupBy(pods, whatOf);
  const { evict = [], unmanaged = [], withData = [], stay = [] } = Object.fromEntries(plan);
  return { evict, unmanaged, withData, stay };
}

function whatOf({ metadata, spec, status }: Pod): keyof DrainPlan {
  const controller = metadata.ownerReferences?.find((one) => one.controller);
  if (metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return 'stay';
  const isOver = ['Succeeded', 'Failed'].includes(status?.phase ?? '');
  if (controller?.kind === 'DaemonSet') return isOver ? 'evict' : 'stay';
  if (isOver) return 'evict';
  if (!controller) return 'unmanaged';
  return spec?.volumes?.some(({ emptyDir }) => emptyDir) ? 'withData' : 'evict';
}
