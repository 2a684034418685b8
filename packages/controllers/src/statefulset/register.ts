import { controllerrevisions, statefulsets } from '@typernetes/api/apps/v1';
import { persistentvolumeclaims, pods } from '@typernetes/api/core/v1';
import { controller, readsFrom, wakeOn } from '@typernetes/client';
import { keyOf } from '@typernetes/machinery';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { addOwnershipIndexes } from '../ownership/indexes.ts';
import { wakeOwners } from '../ownership/wakes.ts';
import { staleSyncs } from '../pods/stale-syncs.ts';
import { StatefulSetReconciler } from './reconciler.ts';

export const statefulSetController: ControllerDefinition = {
  name: 'statefulset-controller',
  serviceAccount: 'statefulset-controller',
  build({ client, informers, events, clock, metrics, observeQueue, log, settings }) {
    const sets = informers.for(statefulsets);
    const revisions = informers.for(controllerrevisions);
    const podInformer = informers.for(pods);
    const claims = informers.for(persistentvolumeclaims);
    addOwnershipIndexes(revisions);
    addOwnershipIndexes(podInformer);
    const reconciler = new StatefulSetReconciler({
      sets,
      revisions,
      pods: podInformer,
      claims,
      setClient: client.resource(statefulsets),
      revisionClient: client.resource(controllerrevisions),
      podClient: client.resource(pods),
      claimClient: client.resource(persistentvolumeclaims),
      events: events('statefulset-controller'),
      clock,
      skipped: staleSyncs(metrics, { controller: 'statefulset', ...statefulsets }),
    });
    const wakes = [
      wakeOn(sets, keyOf),
      wakeOwners(podInformer, statefulsets, sets),
      readsFrom(revisions),
      readsFrom(claims),
    ];
    return controller({ reconciler, wakes, workers: settings.concurrentSyncs.statefulSet, clock, log, observeQueue });
  },
};
