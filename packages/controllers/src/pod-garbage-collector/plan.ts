import { isPodTerminal } from '@typernetes/api';
import type { Node, Pod } from '@typernetes/api/core/v1';
import { findCondition } from '@typernetes/machinery';

interface GarbagePlan {
  /** Pods on nodes that do not exist: marked as failed first, so that their owners notice. */
  readonly orphaned: readonly Pod[];
  /** Pods being deleted on nodes that are marked out of service: no kubelet will ever confirm it. */
  readonly stranded: readonly Pod[];
  readonly remove: readonly Pod[];
}

/** The state of a pod's node; `gone` when there is none. */
export type NodeState = 'there' | 'out-of-service' | 'gone';

/** Upstream: gcTerminating. A ready node counts as in service, whatever its taints say. */
export function stateOf({ spec, status }: Node): NodeState {
  const isOut = spec.taints?.some(({ key }) => key === 'node.kubernetes.io/out-of-service') ?? false;
  return isOut && findCondition(status?.conditions, 'Ready')?.status !== 'True' ? 'out-of-service' : 'there';
}

/** Pure. `threshold` finished pods are kept; 0 keeps all. */
export function planGarbage(
  pods: readonly Pod[],
  nodeState: (name: string) => NodeState,
  threshold: number,
): GarbagePlan {
  const on = (state: NodeState): Pod[] =>
    pods.filter(({ spec }) => spec.nodeName && nodeState(spec.nodeName) === state);
  const orphaned = on('gone');
  const stranded = on('out-of-service').filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
  const rest = pods.filter((pod) => !orphaned.includes(pod) && !stranded.includes(pod));
  const unscheduled = rest.filter((pod) => !pod.spec.nodeName && pod.metadata.deletionTimestamp !== undefined);
  const finished = rest.filter((pod) => isPodTerminal(pod) && !unscheduled.includes(pod));
  const excess = threshold > 0 ? Math.max(0, finished.length - threshold) : 0;
  const oldest = [...finished].sort(byAge).slice(0, excess);
  return { orphaned, stranded: [...stranded].sort(byAge), remove: [...unscheduled, ...oldest] };
}

function byAge(a: Pod, b: Pod): number {
  const [older, newer] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  if (older !== newer) return older < newer ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}
