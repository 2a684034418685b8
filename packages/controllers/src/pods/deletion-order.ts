import { isPodReady, podCondition } from '@typernetes/api';
import type { Pod } from '@typernetes/api/core/v1';
import { parseTime } from '@typernetes/machinery';

const deletionCost = 'controller.kubernetes.io/pod-deletion-cost';
const phaseRanks: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/** The cost of losing a pod: compared element by element, the least first. */
function value(pod: Pod, crowd: number): readonly number[] {
  const { spec, status, metadata } = pod;
  const ready = isPodReady(pod);
  const restarts = (status?.containerStatuses ?? []).map(({ restartCount }) => restartCount ?? 0);
  return [
    spec.nodeName ? 1 : 0,
    phaseRanks[status?.phase ?? 'Pending'] ?? 0,
    ready ? 1 : 0,
    Number(metadata.annotations?.[deletionCost] ?? 0) || 0,
    -crowd,
    // The youngest go first: those that became ready last, by powers of two of their age upstream, exactly here.
    ready ? -since(podCondition(pod, 'Ready')?.lastTransitionTime) : 0,
    -Math.max(0, ...restarts),
    -since(metadata.creationTimestamp),
  ];
}

function since(time: string | null | undefined): number {
  const at = parseTime(time ?? '');
  return Number.isNaN(at) ? Number.POSITIVE_INFINITY : at;
}

/**
 * The pods in the order in which a scale-down deletes them: unassigned, pending, not ready, low deletion cost, on the
 * most crowded nodes, youngest, most often restarted. `related` are the pods of all owners on those nodes that count
 * for the crowding.
 */
export function inDeletionOrder(pods: readonly Pod[], related: readonly Pod[]): readonly Pod[] {
  const crowds = new Map<string, number>();
  for (const { spec } of related) if (spec.nodeName) crowds.set(spec.nodeName, (crowds.get(spec.nodeName) ?? 0) + 1);
  const valued = pods.map((pod) => ({ pod, value: value(pod, crowds.get(pod.spec.nodeName ?? '') ?? 0) }));
  return valued.sort((a, b) => compare(a.value, b.value)).map(({ pod }) => pod);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, left] of a.entries()) {
    const right = b[i] ?? 0;
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}
