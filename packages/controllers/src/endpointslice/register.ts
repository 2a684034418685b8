import { nodes, pods, services } from '@typernetes/api/core/v1';
import { type EndpointSlice, endpointslices } from '@typernetes/api/discovery/v1';
import { controller, readsFrom, wakeOn } from '@typernetes/client';
import { keyOf } from '@typernetes/machinery';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { wakeServicesOf } from '../services/backends.ts';
import { managedByLabel, serviceNameLabel } from '../slices/distribute.ts';
import { endpointSliceMetrics } from './metrics.ts';
import { managedBy } from './plan.ts';
import { byService, endpointSliceReconciler } from './reconciler.ts';

export const endpointSliceController: ControllerDefinition = {
  name: 'endpointslice-controller',
  serviceAccount: 'endpointslice-controller',
  build({ client, informers, clock, metrics, observeQueue, log, settings }) {
    const serviceInformer = informers.for(services);
    const podInformer = informers.for(pods);
    const nodeInformer = informers.for(nodes);
    const slices = informers.for(endpointslices);
    slices.addIndex(byService, servicesOf);
    const reconciler = endpointSliceReconciler({
      services: serviceInformer,
      pods: podInformer,
      nodes: nodeInformer,
      slices,
      client: client.resource(endpointslices),
      maxEndpoints: settings.maxEndpointsPerSlice,
      metrics: endpointSliceMetrics(metrics),
    });
    const wakes = [
      wakeOn(serviceInformer, keyOf),
      wakeServicesOf(podInformer, serviceInformer),
      wakeOn(slices, servicesOf),
      readsFrom(nodeInformer),
    ];
    return controller({ reconciler, wakes, workers: settings.concurrentSyncs.endpointSlice, clock, log, observeQueue });
  },
};

function servicesOf({ metadata: { labels, namespace } }: EndpointSlice): string[] {
  const service = labels?.[managedByLabel] === managedBy ? labels[serviceNameLabel] : undefined;
  return service ? [`${namespace}/${service}`] : [];
}
