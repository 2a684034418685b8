import { podRequests } from '@typernetes/api';
import type { Pod } from '@typernetes/api/core/v1';
import { milliValue, wholeValue } from '@typernetes/machinery';
import type { PodVerdict } from '../eviction/eviction-manager.ts';
import { isCritical } from '../pod/identity.ts';
import { type QosClass, qosOf } from '../pod/qos.ts';

/** How much of a resource is missing: CPU in millicores, memory in bytes, or a number of pods. */
export interface Missing {
  readonly resource: string;
  readonly amount: number;
}

/** The verdict on a preempted pod. It ends with its own grace period. */
export const preempted: PodVerdict = {
  reason: 'Preempting',
  message: 'Preempted in order to admit critical pod',
  disruption: 'Pod was preempted by Kubelet to accommodate a critical pod.',
};

/**
 * The pods to preempt so that a critical pod fits (upstream: getPodsToPreempt): as few guaranteed pods as possible,
 * then as few burstable, then as few best-effort; within a class, those whose requests come closest to what is missing.
 * Undefined when preempting all of them would not be enough.
 */
export function podsToPreempt(
  critical: Pod,
  present: readonly Pod[],
  missing: readonly Missing[],
): readonly Pod[] | undefined {
  const candidates = present.filter((pod) => givesWay(pod, critical));
  const ofClass = (qos: QosClass): readonly Pod[] => candidates.filter((pod) => qosOf(pod) === qos);
  const [bestEffort, burstable, guaranteed] = [ofClass('BestEffort'), ofClass('Burstable'), ofClass('Guaranteed')];
  if (without(missing, candidates).length > 0) return undefined;
  const chosenGuaranteed = closest(guaranteed, without(missing, [...bestEffort, ...burstable]));
  const chosenBurstable = closest(burstable, without(missing, [...bestEffort, ...chosenGuaranteed]));
  const chosenBestEffort = closest(bestEffort, without(missing, [...chosenBurstable, ...chosenGuaranteed]));
  return [...chosenBestEffort, ...chosenBurstable, ...chosenGuaranteed];
}

function givesWay(pod: Pod, critical: Pod): boolean {
  const priority = critical.spec?.priority;
  const own = pod.spec?.priority;
  return !isCritical(pod) || (priority !== undefined && own !== undefined && priority > own);
}

/** Chooses, one at a time, the pod whose removal leaves least missing; among equals, the one that requests less. */
function closest(pods: readonly Pod[], missing: readonly Missing[]): readonly Pod[] {
  const left = [...pods];
  const chosen: Pod[] = [];
  for (let open = missing; open.length > 0 && left.length > 0; open = without(open, chosen.slice(-1))) {
    const distance = (pod: Pod): number =>
      open.reduce(
        (sum, { resource, amount }) => sum + (Math.max(amount - requestOf(pod, resource), 0) / amount) ** 2,
        0,
      );
    const best = left.reduce((a, b) => {
      const difference = distance(a) - distance(b) || bySize(a, b);
      return difference < 0 ? a : b;
    });
    left.splice(left.indexOf(best), 1);
    chosen.push(best);
  }
  return chosen;
}

function without(missing: readonly Missing[], pods: readonly Pod[]): readonly Missing[] {
  return missing
    .map(({ resource, amount }) => ({
      resource,
      amount: pods.reduce((left, pod) => left - requestOf(pod, resource), amount),
    }))
    .filter(({ amount }) => amount > 0);
}

function bySize(a: Pod, b: Pod): number {
  return requestOf(a, 'memory') - requestOf(b, 'memory') || requestOf(a, 'cpu') - requestOf(b, 'cpu');
}

function requestOf({ spec }: Pod, resource: string): number {
  if (resource === 'pods') return 1;
  const request = podRequests(spec ?? { containers: [] })[resource];
  if (!request) return 0;
  return resource === 'cpu' ? milliValue(request) : wholeValue(request);
}

/** `[(res: cpu, q: 500), ]`: upstream's format of what is missing. */
export function missingText(missing: readonly Missing[]): string {
  return `[${missing.map(({ resource, amount }) => `(res: ${resource}, q: ${amount}), `).join('')}]`;
}

/** What would still be missing after preempting every candidate. */
export function stillMissing(critical: Pod, present: readonly Pod[], missing: readonly Missing[]): readonly Missing[] {
  return without(
    missing,
    present.filter((pod) => givesWay(pod, critical)),
  );
}
