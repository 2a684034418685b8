import { type PersistentVolumeClaim, persistentvolumeclaims, persistentvolumes } from '@typernetes/api/core/v1';
import { controller, readsFrom, wakeOnSpec } from '@typernetes/client';
import { compareQuantities, keyOf, parseQuantity } from '@typernetes/machinery';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { planExpansion } from './plan.ts';

export const persistentVolumeExpander: ControllerDefinition = {
  name: 'persistentvolume-expander-controller',
  serviceAccount: 'expand-controller',
  build({ informers, events, clock, observeQueue, log }) {
    const claims = informers.for(persistentvolumeclaims);
    const volumes = informers.for(persistentvolumes);
    const recorder = events('volume_expand');
    const reconciler = {
      name: 'persistentvolume-expander-controller',
      reconcile(key: string) {
        const claim = claims.lister.get(key);
        const volume = claim?.spec?.volumeName ? volumes.lister.get(claim.spec.volumeName) : undefined;
        const note = claim && volume && planExpansion(claim, volume);
        if (note)
          recorder.event(
            { apiVersion: 'v1', kind: persistentvolumeclaims.kind, metadata: claim.metadata },
            note.type,
            'ExternalExpanding',
            note.message,
          );
        return Promise.resolve({});
      },
    };
    // The resizer writes the claim's status several times on the way: ignore those updates.
    const wakes = [wakeOnSpec(claims, keyOf, { orWhen: (claim, old) => hasGrown(claim, old) }), readsFrom(volumes)];
    return controller({ reconciler, wakes, workers: 1, clock, log, observeQueue });
  },
};

function hasGrown({ status }: PersistentVolumeClaim, { status: before }: PersistentVolumeClaim): boolean {
  const sizeOf = (of: PersistentVolumeClaim['status']) => parseQuantity(of?.capacity?.storage ?? '0');
  return compareQuantities(sizeOf(status), sizeOf(before)) > 0;
}
