import { clusterroles } from '@typernetes/api/rbac/v1';
import { controller, wakeOn } from '@typernetes/client';
import { keyOf } from '@typernetes/machinery';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { aggregationReconciler } from './reconciler.ts';

export const clusterRoleAggregation: ControllerDefinition = {
  name: 'clusterrole-aggregation-controller',
  serviceAccount: 'clusterrole-aggregation-controller',
  build({ client, informers, clock, observeQueue, log }) {
    const informer = informers.for(clusterroles);
    const reconciler = aggregationReconciler({ roles: informer.lister, client: client.resource(clusterroles) });
    const aggregating = (): string[] =>
      informer.lister
        .list()
        .filter(({ aggregationRule }) => aggregationRule)
        .map(keyOf);
    return controller({ reconciler, wakes: [wakeOn(informer, aggregating)], workers: 1, clock, log, observeQueue });
  },
};
