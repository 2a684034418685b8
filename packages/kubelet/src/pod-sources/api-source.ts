import type { Pod } from '@typernetes/api/core/v1';
import type { Clock, Runnable } from '@typernetes/base';
import type { Informer } from '@typernetes/client';
import { keyOf } from '@typernetes/machinery';
import { fullNameOf, isMirror, isStatic } from '../pod/identity.ts';
import type { MirrorPods } from './mirror-pods.ts';

interface ApiSourceSinks {
  readonly pods: PodTaker;
  /** The admitted pods. */
  readonly workers: { readonly pods: readonly Pod[]; get(uid: string): Pod | undefined };
  readonly mirrors: Pick<MirrorPods, 'all' | 'get' | 'seen' | 'gone' | 'resync'>;
  readonly statuses: { mirrorChanged(fullName: string): void; seen(pod: Pod): void; resync(): void };
  readonly clock: Clock;
}

/** Takes the pods that are to run here. */
export interface PodTaker {
  set(pod: Pod): void;
  remove(uid: string): void;
}

/** Upstream's status manager looks at everything as often. */
const resyncMs = 10_000;

/**
 * Passes pods that are bound to this node in the API to their workers, and mirrors of static pods to the mirror
 * manager, each change at once. It also compares regularly what the API shows with what workers, mirrors and statuses
 * assume, so that a missed event or a failed write is repaired. The comparison is in memory: it causes a request only
 * where something differs.
 */
export function followApi(informer: Informer<Pod>, sinks: ApiSourceSinks): Runnable {
  const { pods, workers, mirrors, statuses, clock } = sinks;
  const take = (pod: Pod): void => {
    if (isMirror(pod)) {
      mirrors.seen(pod);
      statuses.mirrorChanged(fullNameOf(pod));
    } else pods.set(pod);
    statuses.seen(pod);
  };
  informer.onEvent({
    added: take,
    updated: (pod, old) => {
      // A pod that was deleted and recreated between two events.
      if (old.metadata.uid !== pod.metadata.uid && !isMirror(old)) pods.remove(old.metadata.uid);
      take(pod);
    },
    deleted: (pod) => (isMirror(pod) ? mirrors.gone(pod) : pods.remove(pod.metadata.uid)),
  });
  const resync = (): void => {
    for (const pod of informer.lister.list()) {
      const known = isMirror(pod) ? mirrors.get(fullNameOf(pod)) : workers.get(pod.metadata.uid);
      if (known?.metadata.resourceVersion !== pod.metadata.resourceVersion) take(pod);
    }
    const isGone = ({ metadata }: Pod): boolean =>
      informer.lister.get(keyOf({ metadata }))?.metadata.uid !== metadata.uid;
    for (const mirror of mirrors.all) if (isGone(mirror)) mirrors.gone(mirror);
    for (const pod of workers.pods) if (!isStatic(pod) && isGone(pod)) pods.remove(pod.metadata.uid);
    mirrors.resync();
    statuses.resync();
  };
  return {
    name: 'api-source',
    async run(signal) {
      await informer.untilSynced(signal).catch(() => {});
      while (!signal.aborted) {
        resync();
        await clock.sleep(resyncMs, signal).catch(() => {});
      }
    },
  };
}
