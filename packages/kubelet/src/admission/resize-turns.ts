import { podRequests } from '@typernetes/api';
import type { Pod, PodStatus } from '@typernetes/api/core/v1';
import { milliValue, wholeValue } from '@typernetes/machinery';
import { allocationOf, type ResizePending } from '../pod/allocation.ts';
import { type QosClass, qosOf } from '../pod/qos.ts';
import { type NodeState, resizeShortage } from './node-fit.ts';

/** A running pod with its last reported status. */
export interface PresentPod {
  readonly pod: Pod;
  readonly status: PodStatus | undefined;
}

/** A pod that asks for other resources than it has. */
interface Asking {
  readonly asked: Pod;
  readonly has: Pod;
  /** Ms since 1970: since when it waits; infinite when it has not been told so yet. */
  readonly since: number;
}

/**
 * Why `asking` cannot be resized now. Pods ahead of it in the order are granted their resize first, if it fits. A pod
 * that must wait only occupies what it has, so that smaller requests behind it can be granted meanwhile.
 */
export function resizeInTurn(
  asking: PresentPod,
  { allocatable, others }: { allocatable: NodeState['allocatable']; others: readonly PresentPod[] },
): ResizePending | undefined {
  const own = askingOf(asking) ?? { asked: asking.pod, has: asking.pod, since: Number.POSITIVE_INFINITY };
  const taken = new Map(others.map((other) => [other.pod.metadata.uid, withoutWishes(other)]));
  const wishes = others.flatMap((other) => askingOf(other) ?? []);
  const shortage = (asked: Pod): ResizePending | undefined =>
    resizeShortage(asked, {
      allocatable,
      others: [...taken].flatMap(([uid, pod]) => (uid === asked.metadata.uid ? [] : [pod])),
    });
  taken.set(own.asked.metadata.uid, own.has);
  for (const { asked } of wishes.filter((wish) => byTurn(wish, own) < 0).sort(byTurn)) {
    if (!shortage(asked)) taken.set(asked.metadata.uid, asked);
  }
  return shortage(own.asked);
}

/** The pod with the resources that it has, whatever it asks for. */
export function withoutWishes({ pod, status }: PresentPod): Pod {
  return allocationOf(pod, status, () => waiting).pod;
}

/** Whether the status says that the pod's resize is deferred until other resources are free. */
export const waitsForResize = (status: PodStatus | undefined): boolean =>
  status?.conditions?.some(({ type }) => type === 'PodResizePending') ?? false;

const waiting: ResizePending = { reason: 'Deferred', message: '' };

function askingOf({ pod, status }: PresentPod): Asking | undefined {
  const { pod: has, pending } = allocationOf(pod, status, () => waiting);
  if (!pending) return undefined;
  const deferred = status?.conditions?.find(({ type, reason }) => type === 'PodResizePending' && reason === 'Deferred');
  const since = deferred?.lastTransitionTime ? Date.parse(deferred.lastTransitionTime) : Number.POSITIVE_INFINITY;
  return { asked: pod, has, since };
}

/** Upstream's order: who asks for nothing more, then by priority, by class of service, and by how long they have waited. */
function byTurn(a: Asking, b: Asking): number {
  return (
    Number(asksForMore(a)) - Number(asksForMore(b)) ||
    (b.asked.spec?.priority ?? 0) - (a.asked.spec?.priority ?? 0) ||
    turnOfClass[qosOf(a.asked)] - turnOfClass[qosOf(b.asked)] ||
    (a.since === b.since ? 0 : a.since - b.since) ||
    (a.asked.metadata.uid < b.asked.metadata.uid ? -1 : 1)
  );
}

const turnOfClass: Readonly<Record<QosClass, number>> = { Guaranteed: 0, Burstable: 1, BestEffort: 2 };

function asksForMore({ asked, has }: Asking): boolean {
  const [after, before] = [asked, has].map(({ spec }) => podRequests(spec ?? { containers: [] }));
  const more = (name: 'cpu' | 'memory', amount: typeof milliValue): boolean => {
    const [wanted, had] = [after?.[name], before?.[name]];
    return (wanted ? amount(wanted) : 0) > (had ? amount(had) : 0);
  };
  return more('cpu', milliValue) || more('memory', wholeValue);
}
