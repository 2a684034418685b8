import { resourcequotas } from '@typernetes/api/core/v1';
import { controller, type Reconciler, type Wake, wakeOnSpec } from '@typernetes/client';
import { type ApiObject, jsonEqual, keyOf } from '@typernetes/machinery';
import type { ControllerContext, ControllerDefinition } from '../context/controller-context.ts';
import { quotaStatus, resourcesOf } from './plan.ts';
import { QuotaSources } from './sources.ts';

/** Deletions come in crowds: their usage is recounted once for all that come within this time. */
const gatherMs = 100;

export const resourceQuotaController: ControllerDefinition = {
  name: 'resourcequota-controller',
  serviceAccount: 'resourcequota-controller',
  build(context) {
    const { client, informers, clock, log, observeQueue, settings } = context;
    const quotas = informers.for(resourcequotas);
    let freed = (_namespace: string): void => {};
    const sources = new QuotaSources({ client, informers, clock, freed: (namespace) => freed(namespace) });
    const frees: Wake = {
      untilSynced: () => Promise.resolve(),
      attach(queue) {
        freed = (namespace) => {
          for (const quota of quotas.lister.inNamespace(namespace)) queue.addAfter(keyOf(quota), gatherMs);
        };
        return () => {
          freed = () => {};
        };
      },
    };
    const reconciler = quotaReconciler(context, sources);
    // Admission updates the status with each admitted object: that is no reason to recount everything.
    const changes = wakeOnSpec(quotas, keyOf, { orWhen: ({ spec, status }) => !jsonEqual(status?.hard, spec?.hard) });
    return controller({
      reconciler,
      wakes: [changes, frees],
      workers: settings.concurrentSyncs.resourceQuota,
      clock,
      log,
      observeQueue,
    });
  },
};

function quotaReconciler({ client, informers, clock, settings }: ControllerContext, sources: QuotaSources): Reconciler {
  const { lister } = informers.for(resourcequotas);
  const writer = client.resource(resourcequotas);
  return {
    name: 'resourcequota-controller',
    async reconcile(key, signal) {
      const quota = lister.get(key);
      if (!quota || quota.metadata.deletionTimestamp !== undefined) return {};
      const objects = new Map<string, readonly ApiObject[]>();
      for (const resource of resourcesOf(quota)) {
        const informer = await sources.of(resource, signal);
        if (informer) objects.set(resource, informer.lister.inNamespace(quota.metadata.namespace ?? ''));
      }
      const status = quotaStatus(quota, (resource) => objects.get(resource), clock.now());
      if (status) await writer.updateStatus({ ...quota, status });
      return { requeueAfterMs: settings.resourceQuotaSyncPeriodMs };
    },
  };
}
