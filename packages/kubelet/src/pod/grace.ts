import type { Pod } from '@typernetes/api/core/v1';

/** How long the pod's programs get to end, in seconds: what the deletion says, else the spec. */
export function graceOf(pod: Pod): number {
  return pod.metadata.deletionGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30;
}
