import type { Container, Pod } from '@typernetes/api/core/v1';

/** The pod's grace period in seconds: from its deletion, else from its spec. */
export function graceOf(pod: Pod): number {
  return Number(pod.metadata.deletionGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30);
}

/** The grace period of a container that is killed while its pod continues: a probe may have its own. */
export function graceOfKill(pod: Pod, container: Container, reason?: 'startup' | 'liveness' | 'restart-all'): number {
  if (reason === 'restart-all') return 0;
  const probe = reason === 'startup' ? container.startupProbe : reason && container.livenessProbe;
  return Number(pod.metadata.deletionGracePeriodSeconds ?? probe?.terminationGracePeriodSeconds ?? graceOf(pod));
}
