import { namespaces, serviceaccounts } from '@typernetes/api/core/v1';
import { controller, wakeOn } from '@typernetes/client';
import { keyOf } from '@typernetes/machinery';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { serviceAccountReconciler } from './reconciler.ts';

export const serviceAccountController: ControllerDefinition = {
  name: 'serviceaccount-controller',
  serviceAccount: 'service-account-controller',
  build({ client, informers, clock, observeQueue, log }) {
    const namespaceInformer = informers.for(namespaces);
    const accounts = informers.for(serviceaccounts);
    const reconciler = serviceAccountReconciler({
      namespaces: namespaceInformer.lister,
      serviceAccounts: accounts.lister,
      client: client.resource(serviceaccounts),
    });
    const wakes = [
      wakeOn(namespaceInformer, keyOf),
      wakeOn(accounts, ({ metadata }) => (metadata.name === 'default' ? metadata.namespace : undefined)),
    ];
    return controller({ reconciler, wakes, workers: 1, clock, log, observeQueue });
  },
};
