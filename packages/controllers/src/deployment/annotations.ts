import type { Deployment, ReplicaSet } from '@typernetes/api/apps/v1';

export const revisionAnnotation = 'deployment.kubernetes.io/revision';
const historyAnnotation = 'deployment.kubernetes.io/revision-history';
const desiredAnnotation = 'deployment.kubernetes.io/desired-replicas';
const maxAnnotation = 'deployment.kubernetes.io/max-replicas';

/** Annotations that are not copied from the Deployment to its ReplicaSets. */
const keptBack: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  revisionAnnotation,
  historyAnnotation,
  desiredAnnotation,
  maxAnnotation,
]);

type Annotated = { readonly metadata: { readonly annotations?: Readonly<Record<string, string>> } };

/** A 64-bit integer, as upstream: adopted ReplicaSets may have any; 0n without one. */
export function revisionOf(object: Annotated): bigint {
  const text = object.metadata.annotations?.[revisionAnnotation] ?? '';
  return /^\d+$/.test(text) ? BigInt(text) : 0n;
}

/** How many replicas the Deployment wanted when this ReplicaSet was last scaled. */
export function desiredOf(rs: Annotated): number | undefined {
  const text = rs.metadata.annotations?.[desiredAnnotation];
  return text === undefined ? undefined : Number(text);
}

/** How many pods the Deployment allowed, surge included, when this ReplicaSet was last scaled. */
export function maxOf(rs: Annotated): number | undefined {
  const text = rs.metadata.annotations?.[maxAnnotation];
  return text === undefined ? undefined : Number(text);
}

export function scaleAnnotations(desired: number, max: number): Record<string, string> {
  return { [desiredAnnotation]: String(desired), [maxAnnotation]: String(max) };
}

/**
 * The annotations of the ReplicaSet of the current template: the Deployment's, and its revision, which is one more than
 * any other's. A template that comes back gets a new revision; its earlier ones go into the history.
 */
export function newReplicaSetAnnotations(
  deployment: Deployment,
  { rs, revision }: { readonly rs?: ReplicaSet; readonly revision: bigint },
): Record<string, string> {
  const handed = Object.entries(deployment.metadata.annotations ?? {}).filter(([name]) => !keptBack.has(name));
  const annotations = { ...rs?.metadata.annotations, ...Object.fromEntries(handed) };
  const previous = rs ? revisionOf(rs) : 0n;
  if (previous >= revision) return annotations;
  annotations[revisionAnnotation] = String(revision);
  if (previous > 0n) {
    const history = annotations[historyAnnotation];
    annotations[historyAnnotation] = history ? `${history},${previous}` : String(previous);
  }
  return annotations;
}
