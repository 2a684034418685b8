import type { Node, PersistentVolume, PersistentVolumeClaim } from '@typernetes/api/core/v1';
import type { CSIStorageCapacity, StorageClass } from '@typernetes/api/storage/v1';
import { compareQuantities, parseQuantity, selectorFromObject } from '@typernetes/machinery';
import { classNameOf, isFullyBound, selectedNodeAnnotation, waitsForConsumer } from './claims.ts';
import { isReachable, matchVolume, requestedSize } from './match-volume.ts';
import { byClass, type StorageView } from './storage-view.ts';

/** The claims of a pod by what has to be done about them. */
export interface SortedClaims {
  readonly bound: readonly PersistentVolumeClaim[];
  /** To be bound or provisioned once the node is chosen. */
  readonly delayed: readonly PersistentVolumeClaim[];
  /** Claims that the volume controller should have bound by itself. */
  readonly immediate: readonly PersistentVolumeClaim[];
}

/** What will be bound and provisioned if the pod goes to a node. */
export interface VolumePlan {
  readonly bindings: readonly { readonly claim: PersistentVolumeClaim; readonly volume: PersistentVolume }[];
  readonly provisions: readonly PersistentVolumeClaim[];
}

const reasons = {
  noVolume: "node(s) didn't find available persistent volumes to bind",
  unreachable: "node(s) didn't match PersistentVolume's node affinity",
  noSpace: 'node(s) did not have enough free storage',
  missing: 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)',
} as const;

export function sortClaims(claims: readonly PersistentVolumeClaim[], storage: StorageView): SortedClaims {
  const bound: PersistentVolumeClaim[] = [];
  const delayed: PersistentVolumeClaim[] = [];
  const immediate: PersistentVolumeClaim[] = [];
  for (const claim of claims) {
    if (isFullyBound(claim)) bound.push(claim);
    else if (waitsForConsumer(claim, storage) && !claim.spec?.volumeName) delayed.push(claim);
    else immediate.push(claim);
  }
  return { bound, delayed, immediate };
}

/** How the claims would be served on the node, or the reasons why they cannot be. */
export function planVolumes(
  { bound, delayed }: SortedClaims,
  node: Node,
  storage: StorageView,
): VolumePlan | readonly string[] {
  const refusals = [...boundProblems(bound, node, storage)];
  const bindings: VolumePlan['bindings'][number][] = [];
  const provisions: PersistentVolumeClaim[] = [];
  const toProvision: PersistentVolumeClaim[] = [];
  const taken = new Set<string>();
  const bySize = [...delayed].sort((a, b) => compareQuantities(requestedSize(a), requestedSize(b)));
  for (const claim of bySize) {
    const selected = claim.metadata.annotations?.[selectedNodeAnnotation];
    if (selected !== undefined && selected !== node.metadata.name) return [...refusals, reasons.noVolume];
    const volumes = storage.volumes.byIndex(byClass, classNameOf(claim));
    const volume = selected === undefined ? matchVolume(claim, volumes, { node, taken }) : undefined;
    if (volume) {
      taken.add(volume.metadata.name);
      bindings.push({ claim, volume });
    } else toProvision.push(claim);
  }
  for (const claim of toProvision) {
    const problem = provisionProblem(claim, node, storage);
    if (problem) return [...refusals, problem];
    provisions.push(claim);
  }
  return refusals.length > 0 ? refusals : { bindings, provisions };
}

function boundProblems(bound: readonly PersistentVolumeClaim[], node: Node, { volumes }: StorageView): string[] {
  for (const { spec } of bound) {
    const volume = volumes.get(spec?.volumeName ?? '');
    if (!volume) return [reasons.missing];
    if (!isReachable(volume, node)) return [reasons.unreachable];
  }
  return [];
}

/** Why a volume for the claim cannot be made for the node. */
function provisionProblem(claim: PersistentVolumeClaim, node: Node, storage: StorageView): string | undefined {
  const storageClass = storage.classes.get(classNameOf(claim));
  if (!storageClass?.provisioner || storageClass.provisioner === 'kubernetes.io/no-provisioner')
    return reasons.noVolume;
  if (!isAllowedTopology(storageClass, node)) return reasons.noVolume;
  return hasCapacity(claim, { storageClass, node, storage }) ? undefined : reasons.noSpace;
}

function isAllowedTopology({ allowedTopologies }: StorageClass, { metadata }: Node): boolean {
  if (!allowedTopologies?.length) return true;
  return allowedTopologies.some((term) =>
    (term.matchLabelExpressions ?? []).every(({ key, values }) => {
      const value = metadata.labels?.[key];
      return value !== undefined && values.includes(value);
    }),
  );
}

/** Only checked for drivers that publish capacities. */
function hasCapacity(
  claim: PersistentVolumeClaim,
  where: { readonly storageClass: StorageClass; readonly node: Node; readonly storage: StorageView },
): boolean {
  const { storageClass, node, storage } = where;
  if (!storage.csiDrivers.get(storageClass.provisioner)?.spec.storageCapacity) return true;
  const size = requestedSize(claim);
  return storage.capacities.list().some((capacity) => {
    if (capacity.storageClassName !== storageClass.metadata.name || !capacity.nodeTopology) return false;
    const limit = capacityLimit(capacity);
    if (limit === undefined || compareQuantities(parseQuantity(limit), size) < 0) return false;
    return selectorFromObject(capacity.nodeTopology).matches(node.metadata.labels);
  });
}

/** The greatest volume that can be made there. */
export function capacityLimit({ maximumVolumeSize, capacity }: CSIStorageCapacity): string | undefined {
  return maximumVolumeSize ?? capacity;
}
