import { nodes } from '@typernetes/api/core/v1';
import { controller, wakeOn } from '@typernetes/client';
import { keyOf } from '@typernetes/machinery';
import type { ControllerDefinition } from '../controller-context.ts';
import { nodeIpamReconciler } from './reconciler.ts';

export const nodeIpamController: ControllerDefinition = {
  name: 'node-ipam-controller',
  serviceAccount: 'node-controller',
  build({ client, informers, events, clock, observeQueue, log, settings }) {
    // Two ranges mean two address families; ours is the first.
    const clusterCidr = settings.clusterCidr?.split(',')[0];
    if (!settings.allocateNodeCidrs || !clusterCidr) return undefined;
    const informer = informers.for(nodes);
    const reconciler = nodeIpamReconciler({
      nodes: informer.lister,
      client: client.resource(nodes),
      events: events('cidrAllocator'),
      clusterCidr,
      maskSize: settings.nodeCidrMaskSize,
      ...(settings.serviceClusterIpRange ? { serviceCidr: settings.serviceClusterIpRange.split(',')[0] } : {}),
    });
    // One worker: two allocations at once could choose the same range.
    return controller({ reconciler, wakes: [wakeOn(informer, keyOf)], workers: 1, clock, log, observeQueue });
  },
};
