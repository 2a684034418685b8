import type { Pod } from '@typernetes/api/core/v1';
import type { Informer } from '@typernetes/client';
import { fullNameOf, isMirror } from '../pod/identity.ts';
import type { MirrorPods } from './mirror-pods.ts';

export interface ApiSourceSinks {
  readonly workers: { set(pod: Pod): void; remove(uid: string): void };
  readonly mirrors: MirrorPods;
  readonly statuses: { mirrorChanged(fullName: string): void; seen(pod: Pod): void };
}

/** Feeds the pods that the API has bound to this node to their workers, and the mirrors of static pods to theirs. */
export function followApi(informer: Informer<Pod>, { workers, mirrors, statuses }: ApiSourceSinks): void {
  const take = (pod: Pod): void => {
    if (isMirror(pod)) {
      mirrors.seen(pod);
      statuses.mirrorChanged(fullNameOf(pod));
    } else workers.set(pod);
    statuses.seen(pod);
  };
  informer.onEvent({
    added: take,
    updated: (pod, old) => {
      // A pod that was deleted and made anew while we were not looking.
      if (old.metadata.uid !== pod.metadata.uid && !isMirror(old)) workers.remove(old.metadata.uid);
      take(pod);
    },
    deleted: (pod) => (isMirror(pod) ? mirrors.gone(pod) : workers.remove(pod.metadata.uid)),
  });
}
