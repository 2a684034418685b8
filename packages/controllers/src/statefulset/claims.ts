import { type StatefulSet, statefulsets } from '@typernetes/api/apps/v1';
import { type PersistentVolumeClaim, type Pod, pods } from '@typernetes/api/core/v1';
import { controllerOf, controllerReference, type Draft, jsonEqual, type OwnerReference } from '@typernetes/machinery';
import { claimName, isInRange, ordinalOf } from './identity.ts';

/** The claims of the set's templates for one pod. */
export function claimsOf(set: StatefulSet, pod: string): readonly Draft<PersistentVolumeClaim>[] {
  return (set.spec.volumeClaimTemplates ?? []).map(({ metadata, spec }) => ({
    metadata: {
      name: claimName(metadata.name, pod),
      namespace: set.metadata.namespace,
      labels: { ...metadata.labels, ...set.spec.selector.matchLabels },
      ...(metadata.annotations ? { annotations: metadata.annotations } : {}),
    },
    spec,
  }));
}

/**
 * The claim with the owners that the retention policy requires, so that garbage collection deletes it with the set or
 * with a scaled-down pod; undefined when nothing has to change. A claim that another controller owns is left alone.
 */
export function withRetention(
  set: StatefulSet,
  pod: Pod,
  claim: PersistentVolumeClaim,
): PersistentVolumeClaim | undefined {
  const { whenDeleted = 'Retain', whenScaled = 'Retain' } = set.spec.persistentVolumeClaimRetentionPolicy ?? {};
  const ours = (uid: string): boolean => uid === set.metadata.uid || uid === pod.metadata.uid;
  const other = controllerOf(claim);
  if (other && !ours(other.uid)) return undefined;
  const isScaledAway = !isInRange(set, ordinalOf(set, pod));
  const current = claim.metadata.ownerReferences ?? [];
  const wanted: OwnerReference[] = current.filter(({ uid }) => !ours(uid));
  if (whenScaled === 'Delete' && isScaledAway) wanted.push(controllerReference(pod, pods));
  else if (whenDeleted === 'Delete') wanted.push(controllerReference(set, statefulsets));
  if (jsonEqual(current, wanted)) return undefined;
  return { ...claim, metadata: { ...claim.metadata, ownerReferences: wanted } };
}

/** Whether the claim still belongs to an earlier pod of the name, with which it will be deleted. */
export function isStale(set: StatefulSet, claim: PersistentVolumeClaim, pod: string): boolean {
  if (set.spec.persistentVolumeClaimRetentionPolicy?.whenScaled !== 'Delete') return false;
  return !!claim.metadata.ownerReferences?.some(({ kind, name }) => kind === pods.kind && name === pod);
}
