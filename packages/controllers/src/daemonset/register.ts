import { controllerrevisions, type DaemonSet, daemonsets } from '@typernetes/api/apps/v1';
import { type Node, nodes, pods } from '@typernetes/api/core/v1';
import { controller, type Informer, readsFrom, type Wake, wakeOn } from '@typernetes/client';
import { jsonEqual, keyOf } from '@typernetes/machinery';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { addOwnershipIndexes } from '../ownership/indexes.ts';
import { wakeOwners } from '../ownership/wakes.ts';
import { staleSyncs } from '../pods/stale-syncs.ts';
import { DaemonSetReconciler } from './reconciler.ts';

export const daemonSetController: ControllerDefinition = {
  name: 'daemonset-controller',
  serviceAccount: 'daemon-set-controller',
  build({ client, informers, events, clock, metrics, observeQueue, log, settings }) {
    const sets = informers.for(daemonsets);
    const revisions = informers.for(controllerrevisions);
    const nodeInformer = informers.for(nodes);
    const podInformer = informers.for(pods);
    addOwnershipIndexes(revisions);
    addOwnershipIndexes(podInformer);
    const reconciler = new DaemonSetReconciler({
      daemonSets: sets,
      revisions,
      nodes: nodeInformer,
      pods: podInformer,
      daemonSetClient: client.resource(daemonsets),
      revisionClient: client.resource(controllerrevisions),
      podClient: client.resource(pods),
      events: events('daemonset-controller'),
      clock,
      skipped: staleSyncs(metrics, { controller: 'daemonset', ...daemonsets }),
    });
    const wakes = [
      wakeOn(sets, keyOf),
      wakeOwners(podInformer, daemonsets, sets),
      readsFrom(revisions),
      wakeAllOnNodes(nodeInformer, sets),
    ];
    return controller({ reconciler, wakes, workers: settings.concurrentSyncs.daemonSet, clock, log, observeQueue });
  },
};

/**
 * A node wakes all DaemonSets, but only when it comes, goes or changes in a way that affects placement: not with each
 * heartbeat.
 */
function wakeAllOnNodes(nodeInformer: Informer<Node>, sets: Informer<DaemonSet>): Wake {
  return {
    untilSynced: (signal) => nodeInformer.untilSynced(signal),
    attach(queue) {
      const wakeAll = (): void => {
        for (const set of sets.lister.list()) queue.add(keyOf(set));
      };
      return nodeInformer.onEvent({
        added: wakeAll,
        updated: (node, old) => {
          if (!jsonEqual(node.metadata.labels, old.metadata.labels) || !jsonEqual(node.spec.taints, old.spec.taints))
            wakeAll();
        },
        deleted: wakeAll,
      });
    },
  };
}
