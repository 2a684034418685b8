import { deployments, replicasets, statefulsets } from '@typernetes/api/apps/v1';
import { type Pod, pods, replicationcontrollers } from '@typernetes/api/core/v1';
import { poddisruptionbudgets } from '@typernetes/api/policy/v1';
import { runAll } from '@typernetes/base';
import { controller, readsFrom, wakeOn } from '@typernetes/client';
import { keyOf, selectorFromObject } from '@typernetes/machinery';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { scaleClient } from '../scales/scale-client.ts';
import { disruptionReconciler, disruptionTarget, staleDisruptionReconciler } from './reconciler.ts';

export const disruptionController: ControllerDefinition = {
  name: 'disruption-controller',
  serviceAccount: 'disruption-controller',
  build({ client, informers, events, clock, observeQueue, log }) {
    const budgets = informers.for(poddisruptionbudgets);
    const podInformer = informers.for(pods);
    const sets = informers.for(replicasets);
    const owners = [
      sets,
      informers.for(deployments),
      informers.for(statefulsets),
      informers.for(replicationcontrollers),
    ] as const;
    const [replicaSets, deploymentSets, statefulSets, replicationControllers] = owners;
    const reconciler = disruptionReconciler({
      budgets: budgets.lister,
      pods: podInformer.lister,
      replicaSets: replicaSets.lister,
      deployments: deploymentSets.lister,
      statefulSets: statefulSets.lister,
      replicationControllers: replicationControllers.lister,
      scales: scaleClient(client),
      budgetClient: client.resource(poddisruptionbudgets),
      events: events('controllermanager'),
      clock,
    });
    const budgetsOf = ({ metadata }: Pod): readonly string[] =>
      budgets.lister
        .inNamespace(metadata.namespace ?? '')
        .filter(({ spec }) => selectorFromObject(spec.selector).matches(metadata.labels))
        .map(keyOf);
    const wakes = [wakeOn(budgets, keyOf), wakeOn(podInformer, budgetsOf), ...owners.map((owner) => readsFrom(owner))];
    const syncing = controller({ reconciler, wakes, workers: 2, clock, log, observeQueue });
    const clearing = controller({
      reconciler: staleDisruptionReconciler({ pods: podInformer.lister, podClient: client.resource(pods), clock }),
      wakes: [wakeOn(podInformer, (pod) => (disruptionTarget(pod) ? keyOf(pod) : undefined))],
      workers: 1,
      clock,
      log,
      observeQueue,
    });
    return { name: syncing.name, run: (signal) => runAll([syncing, clearing], signal) };
  },
};
