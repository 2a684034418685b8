import { configmaps, namespaces } from '@typernetes/api/core/v1';
import { controller, wakeOn } from '@typernetes/client';
import { keyOf } from '@typernetes/machinery';
import type { ControllerDefinition } from '../controller-context.ts';
import { rootCaName, rootCaReconciler } from './reconciler.ts';

export const rootCaCertificatePublisher: ControllerDefinition = {
  name: 'root-ca-certificate-publisher-controller',
  serviceAccount: 'root-ca-cert-publisher',
  build({ client, informers, clock, observeQueue, log, settings: { rootCa } }) {
    if (!rootCa) return undefined;
    const namespaceInformer = informers.for(namespaces);
    const configMaps = informers.for(configmaps, { fieldSelector: `metadata.name=${rootCaName}` });
    const reconciler = rootCaReconciler({
      namespaces: namespaceInformer.lister,
      configMaps: configMaps.lister,
      client: client.resource(configmaps),
      rootCa,
    });
    const wakes = [wakeOn(namespaceInformer, keyOf), wakeOn(configMaps, ({ metadata }) => metadata.namespace)];
    return controller({ reconciler, wakes, workers: 1, clock, log, observeQueue });
  },
};
