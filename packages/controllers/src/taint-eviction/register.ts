import { nodes, pods } from '@typernetes/api/core/v1';
import { controller, wakeOn } from '@typernetes/client';
import { keyOf } from '@typernetes/machinery';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { evictionMetrics } from '../pods/eviction-metrics.ts';
import { TaintEvictionReconciler } from './reconciler.ts';

const byNode = 'taint-eviction/node';

export const taintEvictionController: ControllerDefinition = {
  name: 'taint-eviction-controller',
  serviceAccount: 'node-controller',
  build({ client, informers, events, clock, metrics, observeQueue, log }) {
    const podInformer = informers.for(pods);
    podInformer.addIndex(byNode, (pod) => (pod.spec.nodeName ? [pod.spec.nodeName] : []));
    const nodeInformer = informers.for(nodes);
    const reconciler = new TaintEvictionReconciler({
      pods: podInformer.lister,
      nodes: nodeInformer.lister,
      client: client.resource(pods),
      events: events('taint-eviction-controller'),
      clock,
      evicted: evictionMetrics(metrics, {
        prefix: 'taint_eviction_controller',
        controller: 'TaintEvictionController',
        what: 'taint effect has been activated for the Pod',
      }),
    });
    const wakes = [
      wakeOn(podInformer, (pod) => (pod.spec.nodeName ? keyOf(pod) : undefined)),
      wakeOn(nodeInformer, (node) => podInformer.lister.byIndex(byNode, node.metadata.name).map(keyOf)),
    ];
    return controller({ reconciler, wakes, workers: 8, clock, log, observeQueue });
  },
};
