import type { PersistentVolumeClaim, Pod, Volume } from '@typernetes/api/core/v1';
import { isControlledBy } from '@typernetes/machinery';
import type { StorageView } from './storage-view.ts';

export const selectedNodeAnnotation = 'volume.kubernetes.io/selected-node';
const bindCompletedAnnotation = 'pv.kubernetes.io/bind-completed';
const betaClassAnnotation = 'volume.beta.kubernetes.io/storage-class';

/** The name of the claim behind a volume: the named one, or the generated one. Undefined for other kinds of volumes. */
export function claimNameOf(pod: Pod, volume: Volume): string | undefined {
  if (volume.persistentVolumeClaim) return volume.persistentVolumeClaim.claimName;
  return volume.ephemeral ? `${pod.metadata.name}-${volume.name}` : undefined;
}

export function usesClaim(pod: Pod, claim: string): boolean {
  return pod.spec.volumes?.some((volume) => claimNameOf(pod, volume) === claim) ?? false;
}

export function hasClaims(pod: Pod): boolean {
  return pod.spec.volumes?.some((volume) => volume.persistentVolumeClaim ?? volume.ephemeral) ?? false;
}

/** The claims of a pod, or why one of them cannot be used yet, in upstream's words. */
export function claimsOf(pod: Pod, { claims }: StorageView): readonly PersistentVolumeClaim[] | string {
  const found: PersistentVolumeClaim[] = [];
  for (const volume of pod.spec.volumes ?? []) {
    const name = claimNameOf(pod, volume);
    if (name === undefined) continue;
    const claim = claims.get(`${pod.metadata.namespace}/${name}`);
    if (!claim)
      return volume.ephemeral
        ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`
        : `persistentvolumeclaim "${name}" not found`;
    if (claim.status?.phase === 'Lost')
      return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec?.volumeName ?? ''}"`;
    if (claim.metadata.deletionTimestamp) return `persistentvolumeclaim "${name}" is being deleted`;
    if (volume.ephemeral && !isControlledBy(claim, pod))
      return `PVC ${pod.metadata.namespace}/${name} was not created for pod ${pod.metadata.namespace}/${pod.metadata.name} (pod is not owner)`;
    found.push(claim);
  }
  return found;
}

export function isFullyBound({ metadata, spec }: PersistentVolumeClaim): boolean {
  return !!spec?.volumeName && metadata.annotations?.[bindCompletedAnnotation] !== undefined;
}

export function classNameOf({ metadata, spec }: PersistentVolumeClaim): string {
  return metadata.annotations?.[betaClassAnnotation] ?? spec?.storageClassName ?? '';
}

/** Whether the claim is bound only once a pod that uses it has a node. */
export function waitsForConsumer(claim: PersistentVolumeClaim, { classes }: StorageView): boolean {
  return classes.get(classNameOf(claim))?.volumeBindingMode === 'WaitForFirstConsumer';
}
