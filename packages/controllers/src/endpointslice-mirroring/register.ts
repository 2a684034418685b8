import { type Endpoints, endpoints, services } from '@typernetes/api/core/v1';
import { type EndpointSlice, endpointslices } from '@typernetes/api/discovery/v1';
import { controller, UnseenWrites, wakeOn } from '@typernetes/client';
import { keyOf } from '@typernetes/machinery';
import { exponentialBuckets } from '@typernetes/process';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { managedByLabel, serviceNameLabel } from '../slices/distribute.ts';
import { sliceMetrics } from '../slices/metrics.ts';
import { writeSlices } from '../slices/write.ts';
import { isMirrored, managedBy, planMirror } from './plan.ts';

const prefix = 'endpoint_slice_mirroring_controller';
const byService = 'mirrored service';
/** Marks Endpoints of the endpoints controller, so that their service need not be read. */
const ownManager = 'endpoints.kubernetes.io/managed-by';

export const endpointSliceMirroringController: ControllerDefinition = {
  name: 'endpointslice-mirroring-controller',
  serviceAccount: 'endpointslicemirroring-controller',
  build({ client, informers, clock, metrics, observeQueue, log, settings }) {
    const endpointsInformer = informers.for(endpoints);
    const serviceInformer = informers.for(services);
    const slices = informers.for(endpointslices);
    slices.addIndex(byService, servicesOf);
    const unseen = new UnseenWrites(slices);
    const observer = sliceMetrics(metrics, { prefix, of: 'Endpoints' });
    const duration = metrics.histogram(`${prefix}_endpoints_sync_duration`, {
      help: 'Duration of syncEndpoints() in seconds',
      buckets: exponentialBuckets(0.001, 2, 15),
    });
    const writer = client.resource(endpointslices);
    const reconciler = {
      name: 'endpointslice-mirroring-controller',
      async reconcile(key: string) {
        const found = endpointsInformer.lister.get(key);
        if (unseen.has(key)) return { requeueAfterMs: 5000 };
        const startedAt = clock.monotonic();
        const existing = slices.lister.byIndex(byService, key);
        const mirrored = found && isMirrored(found, serviceInformer.lister.get(key));
        const plan = mirrored
          ? planMirror(found, existing, settings.maxMirroredPerSlice)
          : { create: [], update: [], remove: existing };
        await writeSlices(key, plan, { client: writer, unseen });
        if (mirrored) observer.written(key, { plan, existing, maxEndpoints: settings.maxMirroredPerSlice });
        else observer.forgotten(key);
        duration.observe((clock.monotonic() - startedAt) / 1000);
        if (!found) unseen.forget(key);
        return {};
      },
    };
    const written = ({ metadata }: Endpoints): string | undefined =>
      metadata.labels?.[ownManager] === 'endpoint-controller' ? undefined : keyOf({ metadata });
    const wakes = [
      wakeOn(endpointsInformer, written),
      wakeOn(serviceInformer, (service) => (endpointsInformer.lister.get(keyOf(service)) ? keyOf(service) : undefined)),
      wakeOn(slices, servicesOf),
    ];
    return controller({
      reconciler,
      wakes,
      workers: settings.concurrentSyncs.endpointSliceMirroring,
      clock,
      log,
      observeQueue,
    });
  },
};

function servicesOf({ metadata: { labels, namespace } }: EndpointSlice): string[] {
  const service = labels?.[managedByLabel] === managedBy ? labels[serviceNameLabel] : undefined;
  return service ? [`${namespace}/${service}`] : [];
}
