import type { PersistentVolume, PersistentVolumeClaim } from '@typernetes/api/core/v1';
import { compareQuantities, parseQuantity, type Quantity, quantityOf, selectorFromObject } from '@typernetes/machinery';
import { classOfClaim, classOfVolume, isMeantFor } from './names.ts';

const sizeOf = (amount: string | undefined): Quantity => (amount === undefined ? quantityOf(0) : parseQuantity(amount));
const capacity = ({ spec }: PersistentVolume): Quantity => sizeOf(spec?.capacity?.storage);

/**
 * The volume for an unbound claim, among those with the fewest access modes beyond the requested ones: one pre-bound to
 * the claim, else the smallest available one, else one with more access modes. While a claim waits for its first
 * consumer (`delayed`), only a pre-bound one counts: the scheduler chooses among the others.
 */
export function bestMatch(
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
  { delayed }: { readonly delayed: boolean },
): PersistentVolume | undefined {
  const groups = Map.groupBy(
    volumes.filter((volume) => hasRoom(volume, claim)),
    accessOf,
  );
  const inOrder = [...groups].sort(([a], [b]) => a.length - b.length || (a < b ? -1 : 1));
  for (const [, candidates] of inOrder) {
    const found = bestAmong(candidates, claim, { delayed });
    if (found) return found;
  }
  return undefined;
}

/** One letter for each access mode, sorted and without duplicates. */
const accessOf = ({ spec }: PersistentVolume): string =>
  ways.map((way, i) => (spec?.accessModes?.includes(way) ? String(i) : '')).join('');

const ways = ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod'];

function bestAmong(
  candidates: readonly PersistentVolume[],
  claim: PersistentVolumeClaim,
  { delayed }: { readonly delayed: boolean },
): PersistentVolume | undefined {
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

/** Why a volume that the claim names cannot be its volume, in upstream's words and order. */
export function mismatch(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  if (volume.metadata.deletionTimestamp !== undefined)
    return `the volume is marked for deletion "${volume.metadata.name}"`;
  if (!isLargeEnough(volume, claim)) return 'requested PV is too small';
  if (classOfVolume(volume) !== (classOfClaim(claim) ?? '')) return 'storageClassName does not match';
  if (!hasClass(volume, claim)) return 'volumeAttributesClassName does not match';
  if (!hasMode(volume, claim)) return 'incompatible volumeMode';
  return hasAccess(volume, claim) ? undefined : 'incompatible accessMode';
}

function hasRoom(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  if (volume.metadata.deletionTimestamp !== undefined || !hasMode(volume, claim)) return false;
  return hasAccess(volume, claim) && isLargeEnough(volume, claim);
}

function hasAccess(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const modes = volume.spec?.accessModes ?? [];
  return (claim.spec?.accessModes ?? []).every((mode) => modes.includes(mode));
}

const isLargeEnough = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean =>
  compareQuantities(capacity(volume), sizeOf(claim.spec?.resources?.requests?.storage)) >= 0;

export function hasMode(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return (volume.spec?.volumeMode ?? 'Filesystem') === (claim.spec?.volumeMode ?? 'Filesystem');
}
