import { nodes } from '@typernetes/api/core/v1';
import { controller, wakeOn } from '@typernetes/client';
import { keyOf } from '@typernetes/machinery';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { nodeRangeMetrics } from './metrics.ts';
import { clusterRanges, parseRanges } from './plan.ts';
import { nodeIpamReconciler } from './reconciler.ts';

export const nodeIpamController: ControllerDefinition = {
  name: 'node-ipam-controller',
  serviceAccount: 'node-controller',
  build({ client, informers, events, clock, metrics, observeQueue, log, settings }) {
    if (!settings.allocateNodeCidrs || !settings.clusterCidr) return undefined;
    const informer = informers.for(nodes);
    const ranges = clusterRanges(settings.clusterCidr, settings.nodeCidrMaskSizes);
    nodeRangeMetrics(metrics, informer, ranges);
    const reconciler = nodeIpamReconciler({
      nodes: informer.lister,
      client: client.resource(nodes),
      events: events('cidrAllocator'),
      ranges,
      reserved: parseRanges(settings.serviceClusterIpRange),
    });
    // One worker: two concurrent allocations could choose the same range.
    return controller({ reconciler, wakes: [wakeOn(informer, keyOf)], workers: 1, clock, log, observeQueue });
  },
};
