import { replicasets } from '@typernetes/api/apps/v1';
import { pods } from '@typernetes/api/core/v1';
import { controller, wakeOn } from '@typernetes/client';
import { keyOf } from '@typernetes/machinery';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { addOwnershipIndexes } from '../ownership/indexes.ts';
import { wakeOwners } from '../ownership/wakes.ts';
import { staleSyncs } from '../pods/stale-syncs.ts';
import { replicaSetReconciler } from './reconciler.ts';

export const replicaSetController: ControllerDefinition = {
  name: 'replicaset-controller',
  serviceAccount: 'replicaset-controller',
  build({ client, informers, events, clock, metrics, observeQueue, log, settings }) {
    const sets = informers.for(replicasets);
    const podInformer = informers.for(pods);
    addOwnershipIndexes(sets);
    addOwnershipIndexes(podInformer);
    const reconciler = replicaSetReconciler({
      name: 'replicaset-controller',
      ownerType: replicasets,
      replicaSets: sets,
      pods: podInformer,
      replicaSetClient: client.resource(replicasets),
      podClient: client.resource(pods),
      events: events('replicaset-controller'),
      clock,
      skipped: staleSyncs(metrics, { controller: 'replicaset', ...replicasets }),
    });
    const wakes = [wakeOn(sets, keyOf), wakeOwners(podInformer, replicasets, sets)];
    return controller({ reconciler, wakes, workers: settings.concurrentSyncs.replicaSet, clock, log, observeQueue });
  },
};
