import { type Pod, pods } from '@typernetes/api/core/v1';
import { resourceclaims, resourceclaimtemplates } from '@typernetes/api/resource/v1';
import { runAll } from '@typernetes/base';
import { controller, readsFrom, UnseenWrites, wakeOn, wakeOnAppearance } from '@typernetes/client';
import { keyOf } from '@typernetes/machinery';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { resourceClaimMetrics } from './metrics.ts';
import { claimKeysOf } from './plan.ts';
import { claimReconciler, podClaimsReconciler } from './reconcilers.ts';

const byClaim = 'resourceclaim/pods by claim';
const byOwner = 'resourceclaim/claims by pod';

export const resourceClaimController: ControllerDefinition = {
  name: 'resourceclaim-controller',
  serviceAccount: 'resource-claim-controller',
  build({ client, informers, events, clock, metrics, observeQueue, log, settings }) {
    const podInformer = informers.for(pods);
    const claims = informers.for(resourceclaims);
    const templates = informers.for(resourceclaimtemplates);
    podInformer.addIndex(byClaim, claimKeysOf);
    claims.addIndex(byOwner, ({ metadata }) =>
      (metadata.ownerReferences ?? []).flatMap(({ controller: is, kind, uid }) => (is && kind === 'Pod' ? [uid] : [])),
    );
    const deps = {
      pods: podInformer.lister,
      claims: claims.lister,
      templates: templates.lister,
      ownedBy: (uid: string) => claims.lister.byIndex(byOwner, uid),
      unseen: new UnseenWrites(claims),
      podReader: client.resource(pods),
      podClient: client.resource(pods),
      client: client.resource(resourceclaims),
      events: events('resource_claim'),
      created: resourceClaimMetrics(metrics, claims.lister),
    };
    const asks = (pod: Pod): string | undefined =>
      (pod.spec.resourceClaims ?? []).length > 0 ? keyOf(pod) : undefined;
    const podLoop = controller({
      reconciler: podClaimsReconciler(deps),
      wakes: [
        wakeOn(podInformer, asks),
        wakeOnAppearance(claims, (claim) => [
          ...podInformer.lister.byIndex(byClaim, keyOf(claim)).map(keyOf),
          ...(claim.metadata.ownerReferences ?? []).flatMap(({ kind, name }) =>
            kind === 'Pod' ? [`${claim.metadata.namespace}/${name}`] : [],
          ),
        ]),
        readsFrom(templates),
      ],
      workers: settings.concurrentSyncs.resourceClaim,
      clock,
      log,
      observeQueue,
    });
    const claimLoop = controller({
      reconciler: claimReconciler(deps),
      wakes: [wakeOn(claims, keyOf), wakeOn(podInformer, claimKeysOf)],
      workers: settings.concurrentSyncs.resourceClaim,
      clock,
      log,
      observeQueue,
    });
    return { name: podLoop.name, run: (signal) => runAll([podLoop, claimLoop], signal) };
  },
};
