import { nodes, pods } from '@typernetes/api/core/v1';
import { controller, readsFrom, wakeAtStart } from '@typernetes/client';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { garbageMetrics } from './metrics.ts';
import { PodGarbageCollectorReconciler } from './reconciler.ts';

export const podGarbageCollectorController: ControllerDefinition = {
  name: 'pod-garbage-collector-controller',
  serviceAccount: 'pod-garbage-collector',
  build({ client, informers, clock, metrics, observeQueue, log, settings }) {
    const podInformer = informers.for(pods);
    const nodeInformer = informers.for(nodes);
    const reconciler = new PodGarbageCollectorReconciler({
      pods: podInformer.lister,
      nodes: nodeInformer.lister,
      nodeClient: client.resource(nodes),
      client: client.resource(pods),
      clock,
      terminatedPodThreshold: settings.terminatedPodThreshold,
      metrics: garbageMetrics(metrics),
    });
    const wakes = [wakeAtStart('all'), readsFrom(podInformer), readsFrom(nodeInformer)];
    return controller({ reconciler, wakes, workers: 1, clock, log, observeQueue });
  },
};
