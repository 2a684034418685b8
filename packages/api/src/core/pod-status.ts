import { findCondition, parseTime } from '@typernetes/machinery';
import type { Pod, PodCondition } from './v1.gen.ts';

type WithStatus = Pick<Pod, 'status'>;

export function podCondition(pod: WithStatus, type: PodCondition['type']): PodCondition | undefined {
  return findCondition(pod.status?.conditions, type);
}

export function isPodReady(pod: WithStatus): boolean {
  return podCondition(pod, 'Ready')?.status === 'True';
}

/** Whether the pod has been ready for `minReadySeconds`. `now` is in milliseconds. */
export function isPodAvailable(pod: WithStatus, options: { minReadySeconds: number; now: number }): boolean {
  const ready = podCondition(pod, 'Ready');
  if (ready?.status !== 'True') return false;
  if (options.minReadySeconds === 0) return true;
  const since = parseTime(ready.lastTransitionTime ?? '');
  return since + options.minReadySeconds * 1000 <= options.now;
}

/** Whether the pod has finished: nothing in it will start again. */
export function isPodTerminal(pod: WithStatus): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** Whether controllers count the pod: it has neither finished nor been deleted. */
export function isPodActive(pod: WithStatus & { metadata: { deletionTimestamp?: string } }): boolean {
  return !isPodTerminal(pod) && pod.metadata.deletionTimestamp === undefined;
}

/** Whether the pod mirrors a static pod. */
export function isMirrorPod(pod: { metadata: { annotations?: Record<string, string> } }): boolean {
  return pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined;
}
