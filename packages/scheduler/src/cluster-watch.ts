import { isPodTerminal } from '@typernetes/api';
import {
  type Namespace,
  type Node,
  namespaces,
  nodes,
  type Pod,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
} from '@typernetes/api/core/v1';
import { deviceclasses, resourceclaims, resourceslices } from '@typernetes/api/resource/v1';
import {
  csidrivers,
  csinodes,
  csistoragecapacities,
  storageclasses,
  volumeattachments,
} from '@typernetes/api/storage/v1';
import type { Informers } from '@typernetes/client';
import { type ApiObject, jsonEqual, type ResourceType } from '@typernetes/machinery';
import {
  type Action,
  type ClusterEvent,
  changedParts,
  type EventOf,
  type EventResource,
} from './framework/cluster-event.ts';
import type { Nominator } from './queue/nominator.ts';
import type { SchedulingQueue } from './queue/scheduling-queue.ts';
import type { ClusterSnapshot } from './snapshot/cluster-snapshot.ts';
import { podDemand } from './snapshot/demand.ts';

type StorageResource = Exclude<EventResource, 'Node' | 'AssignedPod' | 'WaitingPod'>;

interface WatchedState {
  readonly snapshot: ClusterSnapshot;
  readonly queue: SchedulingQueue;
  readonly nominator: Nominator;
  /** Whether some profile schedules the pod. */
  isOurs(pod: Pod): boolean;
}

/** Keeps snapshot and queue up to date with the informers. Returns a function that stops it. */
export function watchCluster(informers: Informers, state: WatchedState): () => void {
  const stops = [
    watchNamespaces(informers, state),
    watchNodes(informers, state),
    watchPods(informers, state),
    ...watchStorage(informers, state),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

function watchNamespaces(informers: Informers, { snapshot }: WatchedState): () => void {
  const put = ({ metadata }: Namespace): void => snapshot.putNamespace(metadata.name, metadata.labels);
  return informers.for<Namespace>(namespaces).onEvent({
    added: put,
    updated: put,
    deleted: ({ metadata }) => snapshot.removeNamespace(metadata.name),
  });
}

function watchNodes(informers: Informers, { snapshot, queue }: WatchedState): () => void {
  return informers.for<Node>(nodes).onEvent({
    added: (node) => {
      snapshot.putNode(node);
      queue.wake({ resource: 'Node', action: 'add', object: node });
    },
    updated: (node, old) => {
      const parts = changedParts(node, old);
      snapshot.putNode(node);
      if (parts.size > 0) queue.wake({ resource: 'Node', action: 'update', object: node, old, parts });
    },
    deleted: (node) => {
      snapshot.removeNode(node.metadata.name);
      queue.wake({ resource: 'Node', action: 'delete', object: node });
    },
  });
}

function watchPods(informers: Informers, state: WatchedState): () => void {
  const { snapshot, queue, nominator } = state;
  const gone = (pod: Pod): void => {
    const { uid } = pod.metadata;
    nominator.withdraw(uid);
    queue.delete(uid);
    const before = snapshot.removePod(uid);
    if (before) queue.wake({ resource: 'AssignedPod', action: 'delete', object: pod });
  };
  const assigned = (pod: Pod, old: Pod | undefined): void => {
    const { uid } = pod.metadata;
    queue.done(uid);
    nominator.withdraw(uid);
    snapshot.putPod(pod);
    if (!old?.spec.nodeName) queue.wake({ resource: 'AssignedPod', action: 'add', object: pod });
    else if (concernsOthers(pod, old)) queue.wake({ resource: 'AssignedPod', action: 'update', object: pod, old });
  };
  const seen = (pod: Pod, old?: Pod): void => {
    if (isPodTerminal(pod)) gone(pod);
    else if (pod.spec.nodeName) assigned(pod, old);
    else waiting(pod, old);
  };
  const waiting = (pod: Pod, old?: Pod): void => {
    const { uid } = pod.metadata;
    if (!state.isOurs(pod) || pod.metadata.deletionTimestamp) {
      nominator.withdraw(uid);
      queue.delete(uid);
      return;
    }
    // Decided, and the binding is on its way: the event is older than the decision.
    if (snapshot.isAssumed(uid)) return;
    if (!old || pod.status?.nominatedNodeName !== old.status?.nominatedNodeName) nominator.seen(pod);
    if (old) queue.update(pod, old);
    else queue.add(pod);
  };
  return informers.for<Pod>(pods).onEvent({ added: seen, updated: seen, deleted: gone });
}

/** Storage objects are not copied: they only wake pods. */
function watchStorage(informers: Informers, { queue }: WatchedState): (() => void)[] {
  const watch = <R extends StorageResource>(resource: R, type: ResourceType<EventOf<R>['object'] & ApiObject>) => {
    const wake = (action: Action, object: ApiObject, old?: ApiObject): void =>
      queue.wake({ resource, action, object, ...(old ? { old } : {}) } as unknown as ClusterEvent);
    return informers.for<ApiObject>(type as unknown as ResourceType<ApiObject>).onEvent({
      added: (object) => wake('add', object),
      updated: (object, old) => wake('update', object, old),
      deleted: (object) => wake('delete', object),
    });
  };
  return [
    watch('PersistentVolumeClaim', persistentvolumeclaims),
    watch('PersistentVolume', persistentvolumes),
    watch('StorageClass', storageclasses),
    watch('CSINode', csinodes),
    watch('CSIDriver', csidrivers),
    watch('CSIStorageCapacity', csistoragecapacities),
    watch('VolumeAttachment', volumeattachments),
    watch('ResourceClaim', resourceclaims),
    watch('ResourceSlice', resourceslices),
    watch('DeviceClass', deviceclasses),
  ];
}

/** Whether what others reckon with has changed: most updates only report how a pod is doing. */
function concernsOthers(pod: Pod, old: Pod): boolean {
  return (
    podDemand(pod) !== podDemand(old) ||
    pod.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
    !jsonEqual(pod.metadata.labels, old.metadata.labels)
  );
}
