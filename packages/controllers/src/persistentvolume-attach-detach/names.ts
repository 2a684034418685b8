import { createHash } from 'node:crypto';
import type { CSIPersistentVolumeSource, PersistentVolume } from '@typernetes/api/core/v1';

/** By which nodes' statuses name an attached volume. */
export function volumeNameOf({
  driver,
  volumeHandle,
}: Pick<CSIPersistentVolumeSource, 'driver' | 'volumeHandle'>): string {
  return `kubernetes.io/csi/${driver}^${volumeHandle}`;
}

/** The one VolumeAttachment of a volume and a node, as upstream's kubelet looks for it. */
export function attachmentNameOf(
  { driver, volumeHandle }: Pick<CSIPersistentVolumeSource, 'driver' | 'volumeHandle'>,
  node: string,
): string {
  return `csi-${createHash('sha256').update(`${volumeHandle}${driver}${node}`).digest('hex')}`;
}

/** Whether several nodes may hold the volume at once; nothing is known of one that names no access modes. */
export function isShareable({ spec }: PersistentVolume): boolean {
  const modes = spec?.accessModes ?? [];
  return modes.length === 0 || modes.includes('ReadWriteMany') || modes.includes('ReadOnlyMany');
}
