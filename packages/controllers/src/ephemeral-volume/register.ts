import { type Pod, persistentvolumeclaims, pods } from '@typernetes/api/core/v1';
import { controller, readsFrom, wakeOn } from '@typernetes/client';
import { isAlreadyExists, keyOf } from '@typernetes/machinery';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { planEphemeral } from './plan.ts';

export const ephemeralVolumeController: ControllerDefinition = {
  name: 'ephemeral-volume-controller',
  serviceAccount: 'ephemeral-volume-controller',
  build({ client, informers, clock, metrics, observeQueue, log, settings }) {
    const podInformer = informers.for(pods);
    const claims = informers.for(persistentvolumeclaims);
    const count = (what: string) =>
      metrics.counter(`ephemeral_volume_controller_${what}_total`, {
        help: 'Number of PersistentVolumeClaim creation requests',
      });
    const [created, failed] = [count('create'), count('create_failures')];
    const writer = client.resource(persistentvolumeclaims);
    const reconciler = {
      name: 'ephemeral-volume-controller',
      async reconcile(key: string) {
        const pod = podInformer.lister.get(key);
        if (!pod) return {};
        const { namespace } = pod.metadata;
        const { create, foreign } = planEphemeral(pod, (name) => claims.lister.get(`${namespace}/${name}`));
        for (const draft of create) {
          created.add();
          await writer.create(draft).catch((error: unknown) => {
            failed.add();
            if (!isAlreadyExists(error)) throw error;
          });
        }
        if (foreign.length > 0)
          throw new Error(`PVC ${namespace}/${foreign[0]} was not created for pod ${key} (pod is not owner)`);
        return {};
      },
    };
    const hasEphemeral = (pod: Pod): string | undefined =>
      pod.spec.volumes?.some(({ ephemeral }) => ephemeral) ? keyOf(pod) : undefined;
    return controller({
      reconciler,
      wakes: [wakeOn(podInformer, hasEphemeral), readsFrom(claims)],
      workers: settings.concurrentSyncs.ephemeralVolume,
      clock,
      log,
      observeQueue,
    });
  },
};
