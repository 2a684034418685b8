import { namespaces } from '@typernetes/api/core/v1';
import { controller, wakeOn } from '@typernetes/client';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { NamespaceReconciler } from './reconciler.ts';

export const namespaceController: ControllerDefinition = {
  name: 'namespace-controller',
  serviceAccount: 'namespace-controller',
  build({ client, informers, clock, observeQueue, log, settings }) {
    const informer = informers.for(namespaces);
    const reconciler = new NamespaceReconciler({ namespaces: informer.lister, client, clock });
    const terminating = wakeOn(informer, ({ metadata }) =>
      metadata.deletionTimestamp === undefined ? undefined : metadata.name,
    );
    return controller({
      reconciler,
      wakes: [terminating],
      workers: settings.concurrentSyncs.namespace,
      clock,
      log,
      observeQueue,
    });
  },
};
