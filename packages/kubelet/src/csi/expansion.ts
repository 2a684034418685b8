import type { PersistentVolume, PersistentVolumeClaim } from '@typernetes/api/core/v1';
import { compareQuantities, parseQuantity, wholeValue } from '@typernetes/machinery';
import type { BoundVolume } from '../volumes/persistent.ts';

/** The size that the node is to bring the volume to; undefined when it has it already (upstream: expansionRequired). */
export function wantedSize({ claim, volume, readOnly }: BoundVolume): string | undefined {
  const wanted = volume.spec?.capacity?.storage;
  const given = claim.status?.capacity?.storage;
  if (readOnly || wanted === undefined || given === undefined) return undefined;
  // The owner has to ask for less, or for it again.
  if (claim.status?.allocatedResourceStatuses?.storage === 'NodeResizeInfeasible') return undefined;
  return compareQuantities(parseQuantity(wanted), parseQuantity(given)) > 0 ? wanted : undefined;
}

export const bytesOf = (size: string): string => String(wholeValue(parseQuantity(size)));

const resizeConditions: ReadonlySet<string> = new Set(['FileSystemResizePending', 'Resizing']);

/** The claim's status once the volume has its size; unrelated conditions stay. */
export function expandedStatus(
  { metadata, status }: PersistentVolumeClaim,
  { spec }: PersistentVolume,
): { metadata: { resourceVersion?: string }; status: object } {
  return {
    metadata: metadata.resourceVersion ? { resourceVersion: metadata.resourceVersion } : {},
    status: {
      capacity: { ...status?.capacity, storage: spec?.capacity?.storage },
      conditions: (status?.conditions ?? []).filter(({ type }) => !resizeConditions.has(type)),
      allocatedResourceStatuses: null,
    },
  };
}

/** The claim's status after a driver has said that it will never do. */
export function infeasibleStatus(): { status: object } {
  return { status: { allocatedResourceStatuses: { storage: 'NodeResizeInfeasible' } } };
}
