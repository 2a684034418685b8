import type { MeasuredVolume } from '../volumes/mounted-volumes.ts';
import type { MountedUsages } from './stats-summary.ts';
import { family } from './usage-metrics.ts';

const families = [
  ['kubelet_volume_stats_available_bytes', '[ALPHA] Number of available bytes in the volume', 'availableBytes'],
  ['kubelet_volume_stats_capacity_bytes', '[ALPHA] Capacity in bytes of the volume', 'capacityBytes'],
  ['kubelet_volume_stats_inodes', '[ALPHA] Maximum number of inodes in the volume', 'inodes'],
  ['kubelet_volume_stats_inodes_free', '[ALPHA] Number of free inodes in the volume', 'inodesFree'],
  ['kubelet_volume_stats_inodes_used', '[ALPHA] Number of used inodes in the volume', 'inodesUsed'],
  ['kubelet_volume_stats_used_bytes', '[ALPHA] Number of used bytes in the volume', 'usedBytes'],
] as const;

/** The usage of the volumes behind claims; a claim that several pods use counts once. */
export function volumeMetrics(mounted: MountedUsages): string {
  const byClaim = new Map<string, MeasuredVolume>();
  for (const volumes of mounted.values())
    for (const volume of volumes.values())
      if (volume.claim) byClaim.set(`${volume.claim.namespace}/${volume.claim.name}`, volume);
  return families
    .map(([name, help, field]) => {
      const samples = [...byClaim.values()].flatMap(({ claim, [field]: value }) =>
        claim && value !== undefined
          ? [{ labels: { namespace: claim.namespace, persistentvolumeclaim: claim.name }, value, at: 0 }]
          : [],
      );
      return family(name, 'gauge', help, samples);
    })
    .join('');
}
