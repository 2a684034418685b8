import type { ReplicaSet, replicasets } from '@typernetes/api/apps/v1';
import { pods, type ReplicationController, replicationcontrollers } from '@typernetes/api/core/v1';
import { controller, type Informer, wakeOn } from '@typernetes/client';
import { keyOf } from '@typernetes/machinery';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { addOwnershipIndexes } from '../ownership/indexes.ts';
import { wakeOwners } from '../ownership/wakes.ts';
import { replicaSetReconciler } from '../replicaset/reconciler.ts';
import { asReplicaSet, asReplicationController } from './conversion.ts';

/** ReplicationControllers are worked on as the ReplicaSets that they amount to. */
export const replicationController: ControllerDefinition = {
  name: 'replicationcontroller-controller',
  serviceAccount: 'replication-controller',
  build({ client, informers, events, clock, observeQueue, log, settings }) {
    const informer = informers.for(replicationcontrollers);
    const podInformer = informers.for(pods);
    addOwnershipIndexes(informer);
    addOwnershipIndexes(podInformer);
    const writer = client.resource(replicationcontrollers);
    const sets = asSets(informer);
    const reconciler = replicaSetReconciler({
      name: 'replicationcontroller-controller',
      ownerType: replicationcontrollers as unknown as typeof replicasets,
      // ReplicationControllers do not count terminating pods.
      shape: ({ terminatingReplicas: _, ...counts }) => counts,
      replicaSets: sets,
      pods: podInformer,
      replicaSetClient: {
        get: async (ref) => asReplicaSet(await writer.get(ref)),
        updateStatus: async (set) => asReplicaSet(await writer.updateStatus(asReplicationController(set))),
      },
      podClient: client.resource(pods),
      events: events('replication-controller'),
      clock,
    });
    const wakes = [
      wakeOn(informer, keyOf),
      wakeOwners(podInformer, replicationcontrollers as unknown as typeof replicasets, sets),
    ];
    return controller({
      reconciler,
      wakes,
      workers: settings.concurrentSyncs.replicationController,
      clock,
      log,
      observeQueue,
    });
  },
};

function asSets({ lister }: Informer<ReplicationController>): Pick<Informer<ReplicaSet>, 'lister'> {
  return {
    lister: {
      get: (key) => {
        const found = lister.get(key);
        return found && asReplicaSet(found);
      },
      list: () => lister.list().map(asReplicaSet),
      inNamespace: (namespace) => lister.inNamespace(namespace).map(asReplicaSet),
      byIndex: (index, value) => lister.byIndex(index, value).map(asReplicaSet),
    },
  };
}
