import type { Container, Pod } from '@typernetes/api/core/v1';
import { milliOf } from './amount.ts';
import { isCritical } from './identity.ts';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

/**
 * Guaranteed when each container limits cpu and memory and requests as much, BestEffort when none asks for either, else Burstable
 * (upstream: ComputePodQOS).
 */
export function qosOf(pod: Pod): QosClass {
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  let asks = false;
  let guaranteed = true;
  for (const container of containers) {
    for (const resource of ['cpu', 'memory'] as const) {
      const request = milliOf(container.resources?.requests?.[resource]) ?? 0;
      const limit = milliOf(container.resources?.limits?.[resource]) ?? 0;
      if (request > 0 || limit > 0) asks = true;
      if (limit === 0 || (request > 0 && request !== limit)) guaranteed = false;
    }
  }
  if (!asks) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

/** How readily the kernel kills a container's processes when memory runs out (upstream: GetContainerOOMScoreAdjust). */
export function oomScoreOf(pod: Pod, container: Container, memoryCapacityBytes: number): number {
  if (isCritical(pod)) return -997;
  const qos = qosOf(pod);
  if (qos === 'Guaranteed') return -997;
  if (qos === 'BestEffort') return 1000;
  const request = (milliOf(container.resources?.requests?.memory) ?? 0) / 1000;
  const score = 1000 - Math.floor((1000 * request) / memoryCapacityBytes);
  return Math.min(Math.max(score, 3), 999);
}
