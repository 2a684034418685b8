import { persistentvolumes } from '@typernetes/api/core/v1';
import { controller, wakeOn } from '@typernetes/client';
import { keyOf } from '@typernetes/machinery';
import { planProtection, protect } from '../claims/finalizers.ts';
import type { ControllerDefinition } from '../context/controller-context.ts';

const finalizer = 'kubernetes.io/pv-protection';

export const persistentVolumeProtection: ControllerDefinition = {
  name: 'persistentvolume-protection-controller',
  serviceAccount: 'pv-protection-controller',
  build({ client, informers, clock, observeQueue, log }) {
    const volumes = informers.for(persistentvolumes);
    const writer = client.resource(persistentvolumes);
    const reconciler = {
      name: 'persistentvolume-protection-controller',
      async reconcile(key: string) {
        const volume = volumes.lister.get(key);
        if (!volume) return {};
        const protection = planProtection(volume, finalizer, () => volume.status?.phase === 'Bound');
        await protect(volume, { protection, finalizer, client: writer });
        return {};
      },
    };
    return controller({ reconciler, wakes: [wakeOn(volumes, keyOf)], workers: 1, clock, log, observeQueue });
  },
};
