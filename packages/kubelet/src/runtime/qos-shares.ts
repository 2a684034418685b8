import type { Pod } from '@typernetes/api/core/v1';
import { type Clock, type Logger, messageOf } from '@typernetes/base';
import type { EventRecorder, EventTarget } from '@typernetes/client';
import { Waker } from '../lifecycle/waker.ts';
import type { Cgroups, PodsShare } from './cgroups.ts';

interface QosSharesDeps {
  readonly cgroups: Pick<Cgroups, 'shareOut'>;
  readonly pods: () => readonly Pod[];
  readonly allocatable: PodsShare;
  readonly clock: Clock;
  readonly log: Logger;
  readonly recorder: EventRecorder;
  readonly node: EventTarget;
}

/** The interval at which the cgroups are rewritten, since others may have changed them. */
const periodMs = 60_000;

/**
 * Keeps the machine divided between the QoS classes as pods come and go. Emits an event when the limits are first set,
 * and when setting them fails.
 */
export class QosShares {
  readonly name = 'qos-shares';
  readonly #deps: QosSharesDeps;
  readonly #waker: Waker;
  #enforced = false;

  constructor(deps: QosSharesDeps) {
    this.#deps = deps;
    this.#waker = new Waker(deps.clock);
  }

  /** Pods have come or gone. */
  wake(): void {
    this.#waker.wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { cgroups, pods, allocatable, log, recorder, node } = this.#deps;
    while (!signal.aborted) {
      try {
        await cgroups.shareOut(pods(), allocatable);
        if (!this.#enforced) {
          this.#enforced = true;
          recorder.event(node, 'Normal', 'NodeAllocatableEnforced', 'Updated Node Allocatable limit across pods');
        }
      } catch (error) {
        const why = messageOf(error);
        log.warn('Cannot share out the machine between the classes of pods', { error: why });
        const message = `Failed to update Node Allocatable Limits ["kubepods"]: ${why}`;
        recorder.event(node, 'Warning', 'FailedNodeAllocatableEnforcement', message);
      }
      await this.#waker.wait(periodMs, signal);
    }
  }
}
