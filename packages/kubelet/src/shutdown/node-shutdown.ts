import type { Pod } from '@typernetes/api/core/v1';
import type { Clock, Logger } from '@typernetes/base';
import type { PodVerdict } from '../eviction/eviction-manager.ts';
import type { RareObserver } from '../metrics/rare-metrics.ts';
import { graceOf } from '../pod/grace.ts';
import { killSeconds, type ShutdownPeriod, shutdownGroups } from './plan.ts';

interface NodeShutdownDeps {
  readonly periods: readonly ShutdownPeriod[];
  /** Pods that are here and have not ended. */
  readonly pods: () => readonly Pod[];
  readonly fail: (pod: Pod, verdict: PodVerdict) => void;
  readonly isGone: (pod: Pod) => boolean;
  /** The node reports at once that it is not ready. */
  readonly onShutdown: () => void;
  readonly observer?: Pick<RareObserver, 'shutdown'>;
  readonly clock: Clock;
  readonly log: Logger;
}

const lookMs = 100;

/** Ends the pods in the order of their priorities before the machine shuts down (upstream: nodeshutdown). */
export class NodeShutdown {
  readonly #deps: NodeShutdownDeps;
  #running: Promise<void> | undefined;

  constructor(deps: NodeShutdownDeps) {
    this.#deps = deps;
  }

  /** Why the node is not ready; undefined unless it is shutting down. */
  get problem(): string | undefined {
    return this.#running ? 'node is shutting down' : undefined;
  }

  /** Why a new pod is not taken in. */
  get refusal(): PodVerdict | undefined {
    if (!this.#running) return undefined;
    return { reason: 'NodeShutdown', message: 'Pod was rejected as the node is shutting down.', rejected: true };
  }

  /**
   * Settles when all pods have ended, or when their periods and another {@link killSeconds} are over. Without
   * configured periods it does nothing: pods run until the machine is down.
   */
  begin(signal: AbortSignal): Promise<void> {
    if (this.#deps.periods.length === 0) return Promise.resolve();
    this.#running ??= this.#endAll(signal);
    return this.#running;
  }

  async #endAll(signal: AbortSignal): Promise<void> {
    const { periods, pods, fail, isGone, clock, log, onShutdown } = this.#deps;
    const { observer } = this.#deps;
    log.info('Shutdown manager detected new shutdown event');
    observer?.shutdown('begins', clock.now() / 1000);
    // Report the node's state first, so that nothing is scheduled to it.
    queueMicrotask(onShutdown);
    const all = pods();
    for (const { seconds, pods: group } of shutdownGroups(all, periods)) {
      for (const pod of group)
        fail(pod, {
          reason: 'Terminated',
          message: 'Pod was terminated in response to imminent node shutdown.',
          graceSeconds: Math.min(graceOf(pod), seconds),
          disruption: true,
        });
      const deadline = clock.monotonic() + seconds * 1000;
      while (!group.every(isGone) && clock.monotonic() < deadline) await clock.sleep(lookMs, signal);
      log.info('Ended the pods of a priority', {
        pods: group.length,
        left: group.filter((pod) => !isGone(pod)).length,
      });
    }
    const end = clock.monotonic() + killSeconds * 1000;
    while (!all.every(isGone) && clock.monotonic() < end) await clock.sleep(lookMs, signal);
    observer?.shutdown('ended', clock.now() / 1000);
  }
}
