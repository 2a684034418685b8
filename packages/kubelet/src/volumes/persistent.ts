import type { PersistentVolume, PersistentVolumeClaim, Pod, Volume } from '@typernetes/api/core/v1';
import { messageOf } from '@typernetes/base';
import { isControlledBy } from '@typernetes/machinery';
import type { VolumeSources } from './sources.ts';
import { UnprocessedError } from './unprocessed.ts';

/** The volume bound to a pod's claim. */
export interface BoundVolume {
  readonly claim: PersistentVolumeClaim;
  readonly volume: PersistentVolume;
  readonly readOnly: boolean;
}

/** The name of the claim behind a volume of the pod; undefined for volumes of other kinds. */
export function claimNameOf(pod: Pod, volume: Volume): string | undefined {
  if (volume.persistentVolumeClaim) return volume.persistentVolumeClaim.claimName;
  return volume.ephemeral ? `${pod.metadata.name}-${volume.name}` : undefined;
}

/**
 * Looks up the volume bound to the claim. Rejects, in upstream's words, while there is none (upstream:
 * createVolumeSpec).
 */
export async function boundVolume(
  pod: Pod,
  volume: Volume,
  { claimName, sources }: { readonly claimName: string; readonly sources: VolumeSources },
): Promise<BoundVolume> {
  const namespace = pod.metadata.namespace ?? 'default';
  const problem = (text: string, options: { cause?: unknown; isAlmostBound?: boolean } = {}): Error =>
    new UnprocessedError(`error processing PVC ${namespace}/${claimName}: ${text}`, options);
  const claim = await sources.claim(namespace, claimName).catch((error: unknown) => {
    throw problem(`failed to fetch PVC from API server: ${messageOf(error)}`, { cause: error });
  });
  if (volume.ephemeral && !isControlledBy(claim, pod))
    throw problem(
      `PVC ${namespace}/${claimName} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`,
    );
  if (claim.metadata.deletionTimestamp && !isInUse(claim)) throw problem('PVC is being deleted');
  const name = claim.spec?.volumeName ?? '';
  if (claim.status?.phase !== 'Bound') throw problem('PVC is not bound', { isAlmostBound: name !== '' });
  if (name === '') throw problem('PVC has empty pvc.Spec.VolumeName');
  const bound = await sources.persistentVolume(name).catch((error: unknown) => {
    throw problem(`failed to fetch PV ${name} from API server: ${messageOf(error)}`, { cause: error });
  });
  const { claimRef } = bound.spec ?? {};
  if (!claimRef)
    throw problem(
      `found PV object ${name} but it has a nil pv.Spec.ClaimRef indicating it is not yet bound to the claim`,
    );
  if (claimRef.uid !== claim.metadata.uid)
    throw problem(
      `found PV object ${name} but its pv.Spec.ClaimRef.UID ${claimRef.uid} does not point to claim.UID ${claim.metadata.uid}`,
    );
  return { claim, volume: bound, readOnly: volume.persistentVolumeClaim?.readOnly ?? false };
}

/** A claim that is being deleted stays while a pod uses it, because of its protection finalizer. */
function isInUse({ metadata }: PersistentVolumeClaim): boolean {
  return (metadata.finalizers ?? []).includes('kubernetes.io/pvc-protection');
}
