import { endpoints, pods, services } from '@typernetes/api/core/v1';
import { controller, wakeOn } from '@typernetes/client';
import { keyOf } from '@typernetes/machinery';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { wakeServicesOf } from '../services/backends.ts';
import { endpointsReconciler } from './reconciler.ts';

export const endpointsController: ControllerDefinition = {
  name: 'endpoints-controller',
  serviceAccount: 'endpoint-controller',
  build({ client, informers, clock, observeQueue, log, settings }) {
    const serviceInformer = informers.for(services);
    const podInformer = informers.for(pods);
    const endpointsInformer = informers.for(endpoints);
    const reconciler = endpointsReconciler({
      services: serviceInformer.lister,
      pods: podInformer.lister,
      endpoints: endpointsInformer.lister,
      client: client.resource(endpoints),
    });
    const wakes = [
      wakeOn(serviceInformer, keyOf),
      wakeServicesOf(podInformer, serviceInformer),
      wakeOn(endpointsInformer, keyOf),
    ];
    return controller({ reconciler, wakes, workers: settings.concurrentSyncs.endpoints, clock, log, observeQueue });
  },
};
