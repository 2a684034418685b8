import { type PersistentVolume, persistentvolumeclaims, persistentvolumes } from '@typernetes/api/core/v1';
import type { Clock } from '@typernetes/base';
import type { ApiClient, EventRecorder, Informers, Reconciler } from '@typernetes/client';
import { targetOf } from './claim-target.ts';
import { isHere, isToGrow, pendingStatus } from './volume-plan.ts';

export interface ResizerOptions {
  readonly nodeName: string;
  readonly client: Pick<ApiClient, 'resource'>;
  readonly informers: Informers;
  readonly recorder: EventRecorder;
  readonly clock: Clock;
}

/**
 * Lets volumes grow with their claims, as the external resizer of other drivers does: the volume's object says the new size, the claim says
 * that the node has to do the rest. The kubelet then asks the driver, and says in the claim that it is done.
 */
export function resizer(options: ResizerOptions): Reconciler {
  const { nodeName, client, informers, recorder, clock } = options;
  const claims = informers.for(persistentvolumeclaims).lister;
  const volumes = informers.for(persistentvolumes).lister;
  return {
    name: 'resizer',
    async reconcile(key) {
      const claim = claims.get(key);
      const volume: PersistentVolume | undefined = volumes.get(claim?.spec?.volumeName ?? '');
      if (!claim || !volume || !isHere(volume, nodeName) || !isToGrow(claim, volume)) return {};
      const { name } = volume.metadata;
      const { name: claimName, namespace = 'default' } = claim.metadata;
      const storage = claim.spec?.resources?.requests?.storage ?? '0';
      recorder.event(targetOf(claim), 'Normal', 'Resizing', `External resizer is resizing volume ${name}`);
      // The volume last: as long as it has its old size, what has failed is tried again.
      const status = { status: pendingStatus(claim, clock.now()) };
      await client
        .resource(persistentvolumeclaims)
        .patch({ namespace, name: claimName }, status, { type: 'merge', subresource: 'status' });
      await client.resource(persistentvolumes).patch({ name }, { spec: { capacity: { storage } } }, { type: 'merge' });
      const message = 'Require file system resize of volume on node';
      recorder.event(targetOf(claim), 'Normal', 'FileSystemResizeRequired', message);
      return {};
    },
  };
}
