import type { Pod } from '@typernetes/api/core/v1';
import type { PresentPod } from '../admission/resize-turns.ts';
import type { PodWorkers } from '../pod-worker/pod-workers.ts';
import type { StatusWriter } from '../status/status-writer.ts';

interface LocalPodsSources {
  readonly workers: Pick<PodWorkers, 'pods' | 'orphans'>;
  readonly statuses: Pick<StatusWriter, 'last'>;
}

/** The pods on this node, with the statuses last reported for them, which the API may not show yet. */
export class LocalPods {
  /** Whether all pod sources have reported: before that, some pods may be missing. */
  isComplete = false;
  readonly #sources: () => LocalPodsSources;

  /** `sources` is first called when the pods are read: the sources may be made later. */
  constructor(sources: () => LocalPodsSources) {
    this.#sources = sources;
  }

  /** All pods that have a worker. */
  get all(): readonly Pod[] {
    return this.#sources().workers.pods;
  }

  get withStatuses(): readonly Pod[] {
    return this.all.map((pod): Pod => ({ ...pod, status: this.latest(pod).status }));
  }

  /** Those that have not ended. */
  get active(): readonly Pod[] {
    return this.all.filter((pod) => !this.hasEnded(pod));
  }

  /** The uids of all pods, including those left over from before a restart; undefined until they are complete. */
  get knownUids(): ReadonlySet<string> | undefined {
    return this.isComplete ? new Set([...uidsOf(this.all), ...this.#sources().workers.orphans]) : undefined;
  }

  /** The uids of the active pods; undefined until the pods are complete. */
  get activeUids(): ReadonlySet<string> | undefined {
    return this.isComplete ? new Set(uidsOf(this.active)) : undefined;
  }

  latest(pod: Pod): PresentPod {
    return { pod, status: this.#sources().statuses.last(pod) ?? pod.status };
  }

  hasEnded(pod: Pod): boolean {
    return ['Succeeded', 'Failed'].includes(this.#sources().statuses.last(pod)?.phase ?? pod.status?.phase ?? '');
  }
}

const uidsOf = (pods: readonly Pod[]): string[] => pods.map(({ metadata }) => metadata.uid);
