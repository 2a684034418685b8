import type { Container, Pod } from '@typernetes/api/core/v1';

/** How long the pod's programs get to end, in seconds: what the deletion says, else the spec. */
export function graceOf(pod: Pod): number {
  return Number(pod.metadata.deletionGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30);
}

/** How long one container gets that is ended while its pod goes on: a probe may have a grace period of its own. */
export function graceOfKill(pod: Pod, container: Container, reason?: 'startup' | 'liveness' | 'restart-all'): number {
  if (reason === 'restart-all') return 0;
  const probe = reason === 'startup' ? container.startupProbe : reason && container.livenessProbe;
  return Number(pod.metadata.deletionGracePeriodSeconds ?? probe?.terminationGracePeriodSeconds ?? graceOf(pod));
}
