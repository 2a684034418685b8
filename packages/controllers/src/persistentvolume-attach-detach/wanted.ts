import type {
  CSIPersistentVolumeSource,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
} from '@typernetes/api/core/v1';
import type { CSIDriver } from '@typernetes/api/storage/v1';
import { isControlledBy } from '@typernetes/machinery';
import { claimNameOf } from '../claims/pod-claims.ts';
import { isShareable, volumeNameOf } from './names.ts';

/** A volume that has to be attached to a node, and for which pods. */
export interface WantedVolume {
  readonly name: string;
  readonly source: CSIPersistentVolumeSource;
  /** The PersistentVolume. */
  readonly volume: string;
  readonly shareable: boolean;
  readonly pods: readonly Pod[];
}

export interface VolumeLookup {
  readonly claim: (namespace: string, name: string) => PersistentVolumeClaim | undefined;
  readonly volume: (name: string) => PersistentVolume | undefined;
  readonly driver: (name: string) => CSIDriver | undefined;
}

const managed = 'volumes.kubernetes.io/controller-managed-attach-detach';
const keepsTerminated = 'volumes.kubernetes.io/keep-terminated-pod-volumes';

/** Kubelets without the annotation attach their volumes themselves. */
export function isManaged(node: Node): boolean {
  return node.metadata.annotations?.[managed] === 'true';
}

/** The volumes that the node's pods need, by name. Skips those of drivers without attachment. */
export function wantedVolumes(node: Node, pods: readonly Pod[], lookup: VolumeLookup): Map<string, WantedVolume> {
  const wanted = new Map<string, WantedVolume>();
  const keeps = node.metadata.annotations?.[keepsTerminated] === 'true';
  for (const pod of pods) {
    if (!keeps && isOver(pod)) continue;
    for (const volume of boundVolumes(pod, lookup)) {
      const source = volume.spec?.csi;
      if (!source || lookup.driver(source.driver)?.spec.attachRequired === false) continue;
      const name = volumeNameOf(source);
      const before = wanted.get(name)?.pods ?? [];
      if (before.includes(pod)) continue;
      wanted.set(name, {
        name,
        source,
        volume: volume.metadata.name,
        shareable: isShareable(volume),
        pods: [...before, pod],
      });
    }
  }
  return wanted;
}

function* boundVolumes(pod: Pod, lookup: VolumeLookup): Generator<PersistentVolume> {
  for (const entry of pod.spec.volumes ?? []) {
    const name = claimNameOf(pod, entry);
    const claim = name === undefined ? undefined : lookup.claim(pod.metadata.namespace ?? '', name);
    if (claim?.status?.phase !== 'Bound' || !claim.spec?.volumeName) continue;
    if (entry.ephemeral && !isControlledBy(claim, pod)) continue;
    const volume = lookup.volume(claim.spec.volumeName);
    if (volume?.spec?.claimRef?.uid === claim.metadata.uid) yield volume;
  }
}

/** Finished, or being deleted without a container that runs or may still start. */
function isOver({ metadata, status }: Pod): boolean {
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return true;
  if (metadata.deletionTimestamp === undefined) return false;
  return (status?.containerStatuses ?? []).every(({ state }) => state?.terminated ?? state?.waiting);
}
