import type { Pod } from '@typernetes/api/core/v1';
import type { PodSink } from './pod-source.ts';

/** Hands whole sets of static pods on as single changes. */
export function staticSink(
  workers: { set(pod: Pod): void; remove(uid: string): void },
  onSet: (pods: readonly Pod[]) => void,
): PodSink {
  let known = new Map<string, Pod>();
  return {
    set: (pods) => {
      const next = new Map(pods.map((pod) => [pod.metadata.uid, pod]));
      for (const uid of known.keys()) if (!next.has(uid)) workers.remove(uid);
      for (const [uid, pod] of next) if (!known.has(uid)) workers.set(pod);
      known = next;
      onSet(pods);
    },
  };
}
