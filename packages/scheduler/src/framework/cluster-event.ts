import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '@typernetes/api/core/v1';
import type { DeviceClass, ResourceClaim, ResourceSlice } from '@typernetes/api/resource/v1';
import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
} from '@typernetes/api/storage/v1';
import { jsonEqual } from '@typernetes/machinery';

export type Action = 'add' | 'update' | 'delete';

/** The parts of a node that plugins look at. Heartbeats change none of them. */
type NodePart = 'allocatable' | 'labels' | 'taints' | 'images' | 'declaredFeatures';

interface Change<R extends string, T> {
  readonly resource: R;
  readonly action: Action;
  /** The new state; the last known one for a deletion. */
  readonly object: T;
  /** The state before an update. */
  readonly old?: T;
}

interface NodeChange extends Change<'Node', Node> {
  /** For an update: which parts differ. */
  readonly parts?: ReadonlySet<NodePart>;
}

/** A change that may make pods schedulable. `AssignedPod` has a node, `WaitingPod` is the refused pod itself. */
export type ClusterEvent =
  | NodeChange
  | Change<'AssignedPod', Pod>
  | Change<'WaitingPod', Pod>
  | Change<'PersistentVolumeClaim', PersistentVolumeClaim>
  | Change<'PersistentVolume', PersistentVolume>
  | Change<'StorageClass', StorageClass>
  | Change<'CSINode', CSINode>
  | Change<'CSIDriver', CSIDriver>
  | Change<'CSIStorageCapacity', CSIStorageCapacity>
  | Change<'VolumeAttachment', VolumeAttachment>
  | Change<'ResourceClaim', ResourceClaim>
  | Change<'ResourceSlice', ResourceSlice>
  | Change<'DeviceClass', DeviceClass>;

export type EventResource = ClusterEvent['resource'];
export type EventOf<R extends EventResource> = Extract<ClusterEvent, { readonly resource: R }>;

/** Which changes of one resource may help a pod that a plugin refused. */
export interface WakeUp<R extends EventResource = EventResource> {
  readonly resource: R;
  readonly actions: readonly Action[];
  /** For updates of nodes: the parts that matter; all of them when left out. */
  readonly parts?: readonly NodePart[];
  /** Whether this very change could help this very pod. */
  helps?(pod: Pod, event: EventOf<R>): boolean;
}

/** Types `helps` by the resource. */
export function wakeUp<R extends EventResource>(
  resource: R,
  actions: readonly Action[],
  rest: Pick<WakeUp<R>, 'helps' | 'parts'> = {},
): WakeUp {
  return { resource, actions, ...rest } as WakeUp;
}

/** Whether `event` may help `pod` according to one of the wake-ups. */
export function mayHelp(wakeUps: readonly WakeUp[], pod: Pod, event: ClusterEvent): boolean {
  return wakeUps.some((wake) => {
    if (wake.resource !== event.resource || !wake.actions.includes(event.action)) return false;
    if (wake.parts && event.resource === 'Node' && event.parts && !wake.parts.some((part) => event.parts?.has(part)))
      return false;
    return wake.helps?.(pod, event) ?? true;
  });
}

/** Which parts differ between two states of a node. */
export function changedParts(node: Node, old: Node): ReadonlySet<NodePart> {
  const parts = new Set<NodePart>();
  if (!jsonEqual(node.status?.allocatable, old.status?.allocatable)) parts.add('allocatable');
  if (!jsonEqual(node.metadata.labels, old.metadata.labels)) parts.add('labels');
  if (!jsonEqual(node.spec.taints, old.spec.taints) || node.spec.unschedulable !== old.spec.unschedulable)
    parts.add('taints');
  if (node.status?.images?.length !== old.status?.images?.length || !jsonEqual(node.status?.images, old.status?.images))
    parts.add('images');
  if (!jsonEqual(node.status?.declaredFeatures, old.status?.declaredFeatures)) parts.add('declaredFeatures');
  return parts;
}
