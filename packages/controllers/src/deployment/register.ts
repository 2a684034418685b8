import { deployments, replicasets } from '@typernetes/api/apps/v1';
import { type Pod, pods } from '@typernetes/api/core/v1';
import { controller, readsFrom, type Wake, wakeOn } from '@typernetes/client';
import { controllerOf, keyOf } from '@typernetes/machinery';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { addOwnershipIndexes } from '../ownership/indexes.ts';
import { wakeOwners } from '../ownership/wakes.ts';
import { DeploymentReconciler } from './reconciler.ts';

export const deploymentController: ControllerDefinition = {
  name: 'deployment-controller',
  serviceAccount: 'deployment-controller',
  build({ client, informers, events, clock, observeQueue, log, settings }) {
    const deploymentInformer = informers.for(deployments);
    const sets = informers.for(replicasets);
    const podInformer = informers.for(pods);
    addOwnershipIndexes(sets);
    addOwnershipIndexes(podInformer);
    const reconciler = new DeploymentReconciler({
      deployments: deploymentInformer,
      replicaSets: sets,
      pods: podInformer,
      deploymentClient: client.resource(deployments),
      replicaSetClient: client.resource(replicasets),
      events: events('deployment-controller'),
      clock,
    });
    /** Recreate continues when the last old pod is gone. */
    const goneOrEnded: Wake = {
      ...readsFrom(podInformer),
      attach(queue) {
        const wake = (pod: Pod): void => {
          const owner = controllerOf(pod);
          const { namespace } = pod.metadata;
          const set = owner && namespace ? sets.lister.get(`${namespace}/${owner.name}`) : undefined;
          const deployment = set && controllerOf(set);
          if (deployment) queue.add(`${namespace}/${deployment.name}`);
        };
        return podInformer.onEvent({ deleted: wake });
      },
    };
    const wakes = [wakeOn(deploymentInformer, keyOf), wakeOwners(sets, deployments, deploymentInformer), goneOrEnded];
    return controller({ reconciler, wakes, workers: settings.concurrentSyncs.deployment, clock, log, observeQueue });
  },
};
