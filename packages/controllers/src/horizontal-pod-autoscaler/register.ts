import { horizontalpodautoscalers } from '@typernetes/api/autoscaling/v2';
import { pods } from '@typernetes/api/core/v1';
import { controller, readsFrom, wakeOnSpec } from '@typernetes/client';
import { keyOf } from '@typernetes/machinery';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { scaleClient } from '../scales/scale-client.ts';
import { autoscalerMetrics } from './metrics.ts';
import { metricsClient } from './metrics-client.ts';
import { AutoscalerReconciler } from './reconciler.ts';

export const horizontalPodAutoscalerController: ControllerDefinition = {
  name: 'horizontal-pod-autoscaler-controller',
  serviceAccount: 'horizontal-pod-autoscaler',
  build({ client, informers, events, clock, metrics, observeQueue, log, settings }) {
    const autoscalers = informers.for(horizontalpodautoscalers);
    const podInformer = informers.for(pods);
    const reconciler = new AutoscalerReconciler({
      autoscalers: autoscalers.lister,
      pods: podInformer.lister,
      client: client.resource(horizontalpodautoscalers),
      scales: scaleClient(client),
      metrics: metricsClient(client),
      observer: autoscalerMetrics(metrics, autoscalers.lister),
      events: events('horizontal-pod-autoscaler'),
      clock,
      settings: settings.autoscaling,
      toZero: settings.autoscalingToZero,
      log,
    });
    // Its own writes of the status do not bring an autoscaler back before its period is over.
    const wakes = [wakeOnSpec(autoscalers, keyOf), readsFrom(podInformer)];
    return controller({
      reconciler,
      wakes,
      workers: settings.concurrentSyncs.horizontalPodAutoscaler,
      clock,
      log,
      observeQueue,
    });
  },
};
