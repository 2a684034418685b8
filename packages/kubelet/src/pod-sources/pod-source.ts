import type { Pod } from '@typernetes/api/core/v1';

/** Takes what a source has. */
export interface PodSink {
  /** All pods of the source, whenever they change: those not in it any more are to be removed. */
  set(pods: readonly Pod[]): void;
}
