import type { Pod, PodStatus } from '@typernetes/api/core/v1';

/** Receives the statuses of pods. Neither method waits for the API server. */
export interface StatusSink {
  /** Reports the pod's status; the newest one wins. */
  report(pod: Pod, status: PodStatus): void;
  /** The status last reported. */
  last(pod: Pod): PodStatus | undefined;
  /** Nothing is left of the pod on this machine: deletes it from the API after its last status has been written. */
  finish(pod: Pod): void;
  forget(pod: Pod): void;
}
