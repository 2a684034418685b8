import { type PersistentVolume, persistentvolumeclaims, persistentvolumes } from '@typernetes/api/core/v1';
import type { Clock } from '@typernetes/base';
import type { ApiClient, EventRecorder, Informers, Reconciler } from '@typernetes/client';
import { targetOf } from './claim-target.ts';
import { isHere, isToGrow, pendingStatus } from './volume-plan.ts';

interface ResizerOptions {
  readonly nodeName: string;
  readonly client: Pick<ApiClient, 'resource'>;
  readonly informers: Informers;
  readonly recorder: EventRecorder;
  readonly clock: Clock;
}

/**
 * Expands volumes with their claims, as the external resizer does for other drivers: sets the new size in the volume,
 * and the condition in the claim that the node must finish the resize. The kubelet then calls the driver and completes
 * the claim's status.
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
      // The volume comes last: while it has its old size, a failed attempt is repeated.
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
