import { type PersistentVolumeClaim, type Pod, persistentvolumeclaims, pods } from '@typernetes/api/core/v1';
import { controller, type Reconciler, wakeOn } from '@typernetes/client';
import { keyOf } from '@typernetes/machinery';
import { planProtection, protect } from '../claims/finalizers.ts';
import { claimKeysOf } from '../claims/pod-claims.ts';
import type { ControllerContext, ControllerDefinition } from '../context/controller-context.ts';

const finalizer = 'kubernetes.io/pvc-protection';
const byClaim = 'pods by claim';

export const persistentVolumeClaimProtection: ControllerDefinition = {
  name: 'persistentvolumeclaim-protection-controller',
  serviceAccount: 'pvc-protection-controller',
  build(context) {
    const { informers, clock, log, observeQueue } = context;
    const claims = informers.for(persistentvolumeclaims);
    const podInformer = informers.for(pods);
    podInformer.addIndex(byClaim, claimKeysOf);
    const wakes = [wakeOn(claims, keyOf), wakeOn(podInformer, claimKeysOf)];
    return controller({ reconciler: protector(context), wakes, workers: 5, clock, log, observeQueue });
  },
};

function protector({ client, informers }: ControllerContext): Reconciler {
  const claims = informers.for(persistentvolumeclaims).lister;
  const podLister = informers.for(pods).lister;
  const writer = client.resource(persistentvolumeclaims);

  /** A pod that no node runs yet will not start over a claim that is being deleted. */
  const uses = (pod: Pod, claim: PersistentVolumeClaim): boolean =>
    !!pod.spec.nodeName && claimKeysOf(pod).includes(keyOf(claim));

  return {
    name: 'persistentvolumeclaim-protection-controller',
    async reconcile(key) {
      const claim = claims.get(key);
      if (!claim) return {};
      const isUsed = (): boolean => podLister.byIndex(byClaim, key).some((pod) => uses(pod, claim));
      const protection = planProtection(claim, finalizer, isUsed);
      if (protection === 'remove') {
        // The cache may be behind: before data may be deleted, ask the server itself.
        const { items } = await client.resource(pods).list({ namespace: claim.metadata.namespace ?? '' });
        if (items.some((pod) => uses(pod, claim))) return {};
      }
      await protect(claim, { protection, finalizer, client: writer });
      return {};
    },
  };
}
