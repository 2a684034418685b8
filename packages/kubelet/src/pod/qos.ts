import { containerAmounts, type QosClass, qosClassOf } from '@typernetes/api';
import type { Container, Pod } from '@typernetes/api/core/v1';
import { wholeValue } from '@typernetes/machinery';
import { milliOf, unitsOf } from './amount.ts';
import { isCritical } from './identity.ts';

export type { QosClass };

/** The pod's class of service, from its containers' resources or from those of the pod as a whole. */
export function qosOf(pod: Pod): QosClass {
  return qosClassOf(pod.spec ?? { containers: [] });
}

/** The OOM score adjustment of a container (upstream: GetContainerOOMScoreAdjust). */
export function oomScoreOf(pod: Pod, container: Container, memoryCapacityBytes: number): number {
  if (isCritical(pod)) return -997;
  const qos = qosOf(pod);
  if (qos === 'Guaranteed') return -997;
  if (qos === 'BestEffort') return 1000;
  const request = (milliOf(container.resources?.requests?.memory) ?? 0) / 1000 + sharedMemoryOf(pod);
  const score = 1000 - Math.floor((1000 * request) / memoryCapacityBytes);
  return Math.min(Math.max(score, 3), 999);
}

/**
 * The part of the pod-level memory request that no container requests by itself, in bytes per container (upstream:
 * remainingPodMemReqPerContainer).
 */
function sharedMemoryOf({ spec }: Pod): number {
  const whole = unitsOf(spec?.resources?.requests?.memory);
  if (!spec || !whole) return 0;
  const { memory } = containerAmounts(spec, 'requests');
  const count = spec.containers.length + (spec.initContainers ?? []).length;
  return Math.floor((whole - (memory ? wholeValue(memory) : 0)) / count);
}
