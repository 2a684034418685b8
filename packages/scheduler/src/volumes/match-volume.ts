import { nodeMatchesSelector } from '@typernetes/api';
import type { Node, PersistentVolume, PersistentVolumeClaim } from '@typernetes/api/core/v1';
import { compareQuantities, parseQuantity, type Quantity, selectorFromObject } from '@typernetes/machinery';
import { classNameOf } from './claims.ts';

/** Whether pods on the node can use the volume. */
export function isReachable(volume: PersistentVolume, node: Pick<Node, 'metadata'>): boolean {
  const required = volume.spec?.nodeAffinity?.required;
  return required === undefined || nodeMatchesSelector(node, required);
}

/** Whether the volume is promised to this very claim. */
function isPromisedTo(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const ref = volume.spec?.claimRef;
  if (!ref || ref.name !== claim.metadata.name || ref.namespace !== claim.metadata.namespace) return false;
  return !ref.uid || ref.uid === claim.metadata.uid;
}

export function requestedSize(claim: PersistentVolumeClaim): Quantity {
  return parseQuantity(claim.spec?.resources?.requests?.storage ?? '0');
}

/** The smallest volume on the node that satisfies the claim; one that is pre-bound to it takes precedence. */
export function matchVolume(
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
  { node, taken }: { readonly node: Node; readonly taken: ReadonlySet<string> },
): PersistentVolume | undefined {
  const wanted = requestedSize(claim);
  let smallest: { readonly volume: PersistentVolume; readonly size: Quantity } | undefined;
  for (const volume of volumes) {
    if (taken.has(volume.metadata.name) || volume.metadata.deletionTimestamp) continue;
    const promised = isPromisedTo(volume, claim);
    if (volume.spec?.claimRef && !promised) continue;
    const size = parseQuantity(volume.spec?.capacity?.storage ?? '0');
    if (compareQuantities(size, wanted) < 0 || !suits(volume, claim)) continue;
    if (promised) return isReachable(volume, node) ? volume : undefined;
    if (volume.status?.phase !== 'Available' || !isChosen(volume, claim) || !isReachable(volume, node)) continue;
    if (!smallest || compareQuantities(size, smallest.size) < 0) smallest = { volume, size };
  }
  return smallest?.volume;
}

function suits({ spec }: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const mode = (value: string | undefined): string => value ?? 'Filesystem';
  return (
    mode(spec?.volumeMode) === mode(claim.spec?.volumeMode) &&
    (spec?.volumeAttributesClassName ?? '') === (claim.spec?.volumeAttributesClassName ?? '')
  );
}

function isChosen({ metadata, spec }: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const modes = spec?.accessModes ?? [];
  const { selector, accessModes } = claim.spec ?? {};
  return (
    (spec?.storageClassName ?? '') === classNameOf(claim) &&
    (selector === undefined || selectorFromObject(selector).matches(metadata.labels)) &&
    (accessModes ?? []).every((wanted) => modes.includes(wanted))
  );
}
