import { isPodAvailable, isPodReady } from '@typernetes/api';
import type { StatefulSet } from '@typernetes/api/apps/v1';
import type { Pod } from '@typernetes/api/core/v1';

export const isLeaving = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;

export const isRunningAndReady = (pod: Pod): boolean => pod.status?.phase === 'Running' && isPodReady(pod);

export function isRunningAndAvailable({ spec }: StatefulSet, pod: Pod, now: number): boolean {
  return isRunningAndReady(pod) && isPodAvailable(pod, { minReadySeconds: spec.minReadySeconds ?? 0, now });
}
