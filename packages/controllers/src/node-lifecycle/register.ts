import { leases } from '@typernetes/api/coordination/v1';
import { nodes, pods } from '@typernetes/api/core/v1';
import { controller, readsFrom, wakeByHand, wakeOn } from '@typernetes/client';
import { keyOf } from '@typernetes/machinery';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { Evictions } from './evictions.ts';
import { nodeCollectorMetrics, nodeHealthDuration } from './metrics.ts';
import { NodeLifecycleReconciler } from './reconciler.ts';

const byNode = 'node-lifecycle/node';

export const nodeLifecycleController: ControllerDefinition = {
  name: 'node-lifecycle-controller',
  serviceAccount: 'node-controller',
  build({ client, informers, events, clock, observeQueue, metrics, log, settings }) {
    const podInformer = informers.for(pods);
    podInformer.addIndex(byNode, (pod) => (pod.spec.nodeName ? [pod.spec.nodeName] : []));
    const nodeInformer = informers.for(nodes);
    const leaseInformer = informers.for(leases);
    const others = wakeByHand();
    const evictions = new Evictions(settings.eviction);
    const reconciler = new NodeLifecycleReconciler({
      nodes: nodeInformer.lister,
      leases: leaseInformer.lister,
      podsOn: (node) => podInformer.lister.byIndex(byNode, node),
      client: client.resource(nodes),
      podClient: client.resource(pods),
      events: events('node-controller'),
      clock,
      gracePeriodMs: settings.nodeMonitorGracePeriodMs,
      startupGracePeriodMs: settings.nodeStartupGracePeriodMs,
      evictions,
      evicted: nodeCollectorMetrics(metrics, evictions),
      looked: nodeHealthDuration(metrics),
      wake: others.wake,
    });
    const wakes = [
      wakeOn(nodeInformer, keyOf),
      wakeOn(leaseInformer, ({ metadata }) => (metadata.namespace === 'kube-node-lease' ? metadata.name : undefined)),
      readsFrom(podInformer),
      others,
    ];
    return controller({ reconciler, wakes, workers: 8, clock, log, observeQueue });
  },
};
