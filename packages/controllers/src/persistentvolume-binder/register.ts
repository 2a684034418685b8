import { type PersistentVolumeClaim, persistentvolumeclaims, persistentvolumes, pods } from '@typernetes/api/core/v1';
import { storageclasses } from '@typernetes/api/storage/v1';
import { runAll } from '@typernetes/base';
import { controller, readsFrom, type Wake, wakeOn, wakeOnAppearance } from '@typernetes/client';
import { keyOf, type ObjectKey } from '@typernetes/machinery';
import { claimKeysOf } from '../claims/pod-claims.ts';
import type { ControllerDefinition } from '../context/controller-context.ts';
import { retroactiveClasses, volumeCounts } from './metrics.ts';
import { bindCompleted, hasAnnotation } from './names.ts';
import { claimReconciler, volumeReconciler } from './reconcilers.ts';

const byClaim = 'pods by claim for binding';

export const persistentVolumeBinder: ControllerDefinition = {
  name: 'persistentvolume-binder-controller',
  serviceAccount: 'persistent-volume-binder',
  build({ client, informers, events, clock, metrics, observeQueue, log, settings }) {
    const claims = informers.for(persistentvolumeclaims);
    const volumes = informers.for(persistentvolumes);
    const classes = informers.for(storageclasses);
    const podInformer = informers.for(pods);
    podInformer.addIndex(byClaim, claimKeysOf);
    const deps = {
      claims: claims.lister,
      volumes: volumes.lister,
      classes: classes.lister,
      podsOf: (key: ObjectKey) => podInformer.lister.byIndex(byClaim, key),
      claimClient: client.resource(persistentvolumeclaims),
      volumeClient: client.resource(persistentvolumes),
      events: events('persistentvolume-controller'),
      clock,
      provisions: settings.dynamicProvisioning,
      classed: retroactiveClasses(metrics),
    };
    volumeCounts(metrics, { volumes: volumes.lister, claims: claims.lister });
    let wakeClaim = (_key: ObjectKey): void => {};
    /** The waiting claims that a new or changed volume or class may serve. */
    const waiting = (may = (_claim: PersistentVolumeClaim): boolean => true): readonly ObjectKey[] =>
      claims.lister
        .list()
        .filter((claim) => !hasAnnotation(claim, bindCompleted) && may(claim))
        .map(keyOf);
    const onDemand: Wake = {
      untilSynced: () => Promise.resolve(),
      attach(queue) {
        wakeClaim = (key) => queue.add(key);
        return () => {
          wakeClaim = () => {};
        };
      },
    };
    const claimLoop = controller({
      reconciler: claimReconciler(deps),
      wakes: [
        wakeOn(claims, keyOf),
        // On a change both: a claim that has lost its volume takes it back.
        wakeOn(volumes, ({ spec }) => spec?.claimRef && `${spec.claimRef.namespace}/${spec.claimRef.name}`),
        wakeOnAppearance(volumes, ({ metadata, status }) =>
          status?.phase === 'Available' ? waiting() : waiting(({ spec }) => spec?.volumeName === metadata.name),
        ),
        wakeOnAppearance(classes, () => waiting()),
        onDemand,
        readsFrom(podInformer),
      ],
      // One at a time: two claims must not take one volume.
      workers: 1,
      clock,
      log,
      observeQueue,
    });
    const volumeLoop = controller({
      reconciler: volumeReconciler({ ...deps, wakeClaim: (key) => wakeClaim(key) }),
      wakes: [wakeOn(volumes, keyOf), wakeOn(claims, ({ spec }) => spec?.volumeName || undefined), readsFrom(classes)],
      workers: 1,
      clock,
      log,
      observeQueue,
    });
    return { name: claimLoop.name, run: (signal) => runAll([claimLoop, volumeLoop], signal) };
  },
};
