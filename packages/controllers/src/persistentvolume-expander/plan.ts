import type { PersistentVolume, PersistentVolumeClaim } from '@typernetes/api/core/v1';
import { compareQuantities, parseQuantity } from '@typernetes/machinery';

interface ExpansionNote {
  readonly type: 'Normal' | 'Warning';
  readonly message: string;
}

/**
 * The event for a claim that requests more than it has. CSI volumes are expanded by their drivers' resizers; no other
 * volumes can be, which makes it a warning.
 */
export function planExpansion(claim: PersistentVolumeClaim, volume: PersistentVolume): ExpansionNote | undefined {
  const asked = claim.spec?.resources?.requests?.storage;
  const given = claim.status?.capacity?.storage;
  const isBound = claim.status?.phase === 'Bound' && volume.spec?.claimRef?.uid === claim.metadata.uid;
  if (!isBound || !asked || compareQuantities(parseQuantity(asked), parseQuantity(given ?? '0')) <= 0) return undefined;
  const type = volume.spec?.csi ? 'Normal' : 'Warning';
  return { type, message: 'waiting for an external controller to expand this PVC' };
}
