import { persistentvolumeclaims, persistentvolumes } from '@typernetes/api/core/v1';
import { volumeattributesclasses } from '@typernetes/api/storage/v1';
import { controller, wakeOn } from '@typernetes/client';
import { keyOf } from '@typernetes/machinery';
import { planProtection, protect } from '../claims/finalizers.ts';
import type { ControllerDefinition } from '../context/controller-context.ts';

const finalizer = 'kubernetes.io/vac-protection';
const byClass = 'volume attributes class';

export const volumeAttributesClassProtection: ControllerDefinition = {
  name: 'volumeattributesclass-protection-controller',
  serviceAccount: 'volumeattributesclass-protection-controller',
  build({ client, informers, clock, observeQueue, log }) {
    const classes = informers.for(volumeattributesclasses);
    const claims = informers.for(persistentvolumeclaims);
    const volumes = informers.for(persistentvolumes);
    const ofClaim = ({ spec, status }: NonNullable<ReturnType<typeof claims.lister.get>>): string[] =>
      [
        spec?.volumeAttributesClassName,
        status?.currentVolumeAttributesClassName,
        status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
      ].filter((name): name is string => !!name);
    const ofVolume = ({ spec }: NonNullable<ReturnType<typeof volumes.lister.get>>): string[] =>
      spec?.volumeAttributesClassName ? [spec.volumeAttributesClassName] : [];
    claims.addIndex(byClass, ofClaim);
    volumes.addIndex(byClass, ofVolume);
    const writer = client.resource(volumeattributesclasses);
    const reconciler = {
      name: 'volumeattributesclass-protection-controller',
      async reconcile(key: string) {
        const found = classes.lister.get(key);
        if (!found) return {};
        const isUsed = (): boolean => [claims, volumes].some(({ lister }) => lister.byIndex(byClass, key).length > 0);
        await protect(found, { protection: planProtection(found, finalizer, isUsed), finalizer, client: writer });
        return {};
      },
    };
    const wakes = [wakeOn(classes, keyOf), wakeOn(claims, ofClaim), wakeOn(volumes, ofVolume)];
    return controller({ reconciler, wakes, workers: 1, clock, log, observeQueue });
  },
};
