import type { Pod } from '@typernetes/api/core/v1';

/** The source of a pod: stored in its annotations, as upstream does. */
export const annotations = {
  source: 'kubernetes.io/config.source',
  hash: 'kubernetes.io/config.hash',
  mirror: 'kubernetes.io/config.mirror',
  seen: 'kubernetes.io/config.seen',
} as const;

/** `name_namespace`: what stays the same over the lives of a static pod and its mirror. */
export function fullNameOf(pod: Pod): string {
  return `${pod.metadata.name}_${pod.metadata.namespace}`;
}

/** `name_namespace(uid)`: a pod in messages. */
export function podText(pod: Pod): string {
  return `${fullNameOf(pod)}(${pod.metadata.uid})`;
}

/** Whether the pod comes from a manifest on the machine instead of the API. */
export function isStatic(pod: Pod): boolean {
  const source = pod.metadata.annotations?.[annotations.source];
  return source !== undefined && source !== 'api';
}

/** Whether the pod is the API's picture of a static pod. */
export function isMirror(pod: Pod): boolean {
  return pod.metadata.annotations?.[annotations.mirror] !== undefined;
}

/** Whether the pod must not give way to others: static, or of system priority. */
export function isCritical(pod: Pod): boolean {
  return isStatic(pod) || isMirror(pod) || (pod.spec?.priority ?? 0) >= 2_000_000_000;
}
