import { type Pod, pods } from '@typernetes/api/core/v1';
import { resourceclaims, resourceslices } from '@typernetes/api/resource/v1';
import { controller, wakeOn } from '@typernetes/client';
import { keyOf } from '@typernetes/machinery';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { evictionMetrics } from '../pods/eviction-metrics.ts';
import { poolOf, poolsOf } from './plan.ts';
import { deviceTaintEvictionReconciler } from './reconciler.ts';

const byPool = 'device-taint-eviction/pool';

export const deviceTaintEvictionController: ControllerDefinition = {
  name: 'device-taint-eviction-controller',
  serviceAccount: 'device-taint-eviction-controller',
  build({ client, informers, events, clock, metrics, observeQueue, log, settings }) {
    const podInformer = informers.for(pods);
    const claims = informers.for(resourceclaims);
    claims.addIndex(byPool, poolsOf);
    const slices = informers.for(resourceslices);
    slices.addIndex(byPool, ({ spec }) => [poolOf(spec.driver, spec.pool.name)]);
    const reconciler = deviceTaintEvictionReconciler({
      claims: claims.lister,
      pods: podInformer.lister,
      slicesOf: (pool) => slices.lister.byIndex(byPool, pool),
      client: client.resource(pods),
      events: events('device-taint-eviction-controller'),
      clock,
      evicted: evictionMetrics(metrics, {
        prefix: 'device_taint_eviction_controller',
        controller: 'DeviceTaintEvictionController',
        what: 'device taint effect has been activated',
      }),
    });
    const wakes = [
      wakeOn(claims, (claim) => (claim.status?.allocation ? keyOf(claim) : undefined)),
      wakeOn(podInformer, (pod) => (pod.spec.nodeName ? claimKeysOf(pod) : undefined)),
      wakeOn(slices, ({ spec }) =>
        claims.lister.byIndex(byPool, poolOf(spec.driver, spec.pool.name)).map((claim) => keyOf(claim)),
      ),
    ];
    return controller({
      reconciler,
      wakes,
      workers: settings.concurrentSyncs.deviceTaintEviction,
      clock,
      log,
      observeQueue,
    });
  },
};

function claimKeysOf({ metadata, spec, status }: Pod): string[] | undefined {
  if (!spec.resourceClaims?.length) return undefined;
  return spec.resourceClaims.flatMap(({ name, resourceClaimName }) => {
    const claim =
      resourceClaimName ?? status?.resourceClaimStatuses?.find((one) => one.name === name)?.resourceClaimName;
    return claim ? [`${metadata.namespace}/${claim}`] : [];
  });
}
