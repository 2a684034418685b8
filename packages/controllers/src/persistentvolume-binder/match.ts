import type { PersistentVolume, PersistentVolumeClaim } from '@typernetes/api/core/v1';
import { compareQuantities, parseQuantity, type Quantity, quantityOf, selectorFromObject } from '@typernetes/machinery';
import { classOfClaim, classOfVolume, isMeantFor } from './names.ts';

const sizeOf = (amount: string | undefined): Quantity => (amount === undefined ? quantityOf(0) : parseQuantity(amount));
const capacity = ({ spec }: PersistentVolume): Quantity => sizeOf(spec?.capacity?.storage);

/**
 * The volume for an unbound claim: one that was made for it, else the smallest available one that has what it asks for. While
 * a claim waits for its first consumer (`delayed`), only one made for it counts: the scheduler chooses among the others.
 */
export function bestMatch(
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
  { delayed }: { readonly delayed: boolean },
): PersistentVolume | undefined {
  const candidates = volumes.filter((volume) => hasRoom(volume, claim));
  const own = candidates.find((volume) => isMeantFor(volume, claim) && hasClass(volume, claim));
  if (own || delayed) return own;
  const selector = claim.spec?.selector ? selectorFromObject(claim.spec.selector) : undefined;
  const free = candidates.filter(
    (volume) =>
      !volume.spec?.claimRef &&
      volume.status?.phase === 'Available' &&
      hasClass(volume, claim) &&
      (!selector || selector.matches(volume.metadata.labels)),
  );
  return free.sort(
    (a, b) => compareQuantities(capacity(a), capacity(b)) || (a.metadata.name < b.metadata.name ? -1 : 1),
  )[0];
}

const hasClass = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean =>
  classOfVolume(volume) === (classOfClaim(claim) ?? '') &&
  (volume.spec?.volumeAttributesClassName ?? '') === (claim.spec?.volumeAttributesClassName ?? '');

function hasRoom(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  if (volume.metadata.deletionTimestamp !== undefined || !hasMode(volume, claim)) return false;
  const modes = volume.spec?.accessModes ?? [];
  if (!(claim.spec?.accessModes ?? []).every((mode) => modes.includes(mode))) return false;
  return compareQuantities(capacity(volume), sizeOf(claim.spec?.resources?.requests?.storage)) >= 0;
}

export function hasMode(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return (volume.spec?.volumeMode ?? 'Filesystem') === (claim.spec?.volumeMode ?? 'Filesystem');
}
