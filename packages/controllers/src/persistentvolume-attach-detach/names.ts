import { createHash } from 'node:crypto';
import type { CSIPersistentVolumeSource, PersistentVolume } from '@typernetes/api/core/v1';

/** The name of an attached volume in nodes' statuses. */
export function volumeNameOf({
  driver,
  volumeHandle,
}: Pick<CSIPersistentVolumeSource, 'driver' | 'volumeHandle'>): string {
  return `kubernetes.io/csi/${driver}^${volumeHandle}`;
}

/** The name of the VolumeAttachment of a volume and a node, as upstream's kubelet expects it. */
export function attachmentNameOf(
  { driver, volumeHandle }: Pick<CSIPersistentVolumeSource, 'driver' | 'volumeHandle'>,
  node: string,
): string {
  return `csi-${createHash('sha256').update(`${volumeHandle}${driver}${node}`).digest('hex')}`;
}

/** Whether several nodes may have the volume at once; false if it names no access modes. */
export function isShareable({ spec }: PersistentVolume): boolean {
  const modes = spec?.accessModes ?? [];
  return modes.length === 0 || modes.includes('ReadWriteMany') || modes.includes('ReadOnlyMany');
}
