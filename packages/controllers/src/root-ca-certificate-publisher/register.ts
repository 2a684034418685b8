import { configmaps, namespaces } from '@typernetes/api/core/v1';
import type { Clock } from '@typernetes/base';
import { controller, type Reconciler, wakeOn } from '@typernetes/client';
import { keyOf, reasonOf, type StatusError } from '@typernetes/machinery';
import { exponentialBuckets, type Metrics } from '@typernetes/process';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { rootCaName, rootCaReconciler } from './reconciler.ts';

/** `root_ca_cert_publisher_*`: how rounds end, by the HTTP status of a failure. */
function countedSyncs(
  reconciler: Reconciler,
  { metrics, clock }: { readonly metrics: Metrics; readonly clock: Pick<Clock, 'monotonic'> },
): Reconciler {
  const help = 'Number of namespace syncs happened in root ca cert publisher.';
  const total = metrics.counter('root_ca_cert_publisher_sync_total', { help, labels: ['code'] });
  const duration = metrics.histogram('root_ca_cert_publisher_sync_duration_seconds', {
    help,
    labels: ['code'],
    buckets: exponentialBuckets(0.001, 2, 15),
  });
  return {
    name: reconciler.name,
    async reconcile(key, signal) {
      const startedAt = clock.monotonic();
      let code = '200';
      try {
        return await reconciler.reconcile(key, signal);
      } catch (error) {
        code = reasonOf(error) === undefined ? '500' : String((error as StatusError).code);
        throw error;
      } finally {
        total.add([code]);
        duration.observe((clock.monotonic() - startedAt) / 1000, [code]);
      }
    },
  };
}

export const rootCaCertificatePublisher: ControllerDefinition = {
  name: 'root-ca-certificate-publisher-controller',
  serviceAccount: 'root-ca-cert-publisher',
  build({ client, informers, clock, metrics, observeQueue, log, settings: { rootCa } }) {
    if (!rootCa) return undefined;
    const namespaceInformer = informers.for(namespaces);
    const configMaps = informers.for(configmaps, { fieldSelector: `metadata.name=${rootCaName}` });
    const reconciler = rootCaReconciler({
      namespaces: namespaceInformer.lister,
      configMaps: configMaps.lister,
      client: client.resource(configmaps),
      rootCa,
    });
    const observed = countedSyncs(reconciler, { metrics, clock });
    const wakes = [wakeOn(namespaceInformer, keyOf), wakeOn(configMaps, ({ metadata }) => metadata.namespace)];
    return controller({ reconciler: observed, wakes, workers: 1, clock, log, observeQueue });
  },
};
