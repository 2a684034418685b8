import { type Clock, isAbort, type Logger, messageOf } from '@typernetes/base';
import { type ContainerRuntime, isRuntimeNotFound } from '@typernetes/cri';
import { labels } from '../pod/labels.ts';

interface RuntimeWatchDeps {
  readonly runtime: Pick<ContainerRuntime, 'events' | 'containerStatus' | 'podSandboxStatus'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Something of this pod has ended. */
  readonly onChange: (podUid: string) => void;
  /** Events may have been missed: every pod must look at the runtime again. */
  readonly onGap: () => void;
}

const reconnectMs = 500;
const settleMs = { first: 2, most: 100, total: 10_000 };

/** Reports which pods' containers have ended, from the runtime's event stream. */
export class RuntimeWatch {
  readonly name = 'runtime-watch';
  readonly #deps: RuntimeWatchDeps;

  constructor(deps: RuntimeWatchDeps) {
    this.#deps = deps;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { runtime, clock, log, onGap } = this.#deps;
    while (!signal.aborted) {
      try {
        for await (const event of runtime.events(signal, onGap)) {
          if (event.type === 'stopped') this.#announce(event.containerId, signal);
        }
      } catch (error) {
        if (signal.aborted) return;
        log.warn('Lost the event stream of the container runtime', { error: messageOf(error) });
      }
      await clock.sleep(reconnectMs, signal).catch(() => {});
    }
  }

  #announce(containerId: string, signal: AbortSignal): void {
    this.#settled(containerId, signal).then(
      (uid) => uid && this.#deps.onChange(uid),
      (error: unknown) => {
        if (isAbort(error, signal)) return;
        this.#deps.log.warn('Cannot tell whose container has ended', { containerId, error: messageOf(error) });
        // It belonged to some pod, and no other event will say which.
        this.#deps.onGap();
      },
    );
  }

  /**
   * Waits until the runtime's answers agree with its event, and returns the pod's uid; undefined if it belongs to no
   * pod. When a container ends at once, the event may arrive before its start has been acknowledged: at that time it is
   * still in the state created, and then briefly running.
   */
  async #settled(containerId: string, signal: AbortSignal): Promise<string | undefined> {
    const { clock } = this.#deps;
    const deadline = clock.monotonic() + settleMs.total;
    let waitMs = settleMs.first;
    for (;;) {
      const { uid, ended } = await this.#look(containerId, signal);
      if (ended || clock.monotonic() > deadline) return uid;
      await clock.sleep(waitMs, signal);
      waitMs = Math.min(waitMs * 2, settleMs.most);
    }
  }

  async #look(id: string, signal: AbortSignal): Promise<{ uid: string | undefined; ended: boolean }> {
    const { runtime } = this.#deps;
    try {
      const status = await runtime.containerStatus(id, { signal });
      const ended = status.state !== 'CONTAINER_CREATED' && status.state !== 'CONTAINER_RUNNING';
      return { uid: status.labels[labels.podUid], ended };
    } catch (error) {
      if (!isRuntimeNotFound(error)) throw error;
    }
    try {
      const status = await runtime.podSandboxStatus(id, { signal });
      return { uid: status.labels[labels.podUid], ended: status.state !== 'SANDBOX_READY' };
    } catch (error) {
      if (!isRuntimeNotFound(error)) throw error;
      return { uid: undefined, ended: true };
    }
  }
}
