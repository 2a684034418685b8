import type { Pod } from '@typernetes/api/core/v1';
import { type Clock, type Logger, messageOf } from '@typernetes/base';
import { Waker } from '../lifecycle/waker.ts';
import type { Cgroups, PodsShare } from './cgroups.ts';

export interface QosSharesDeps {
  readonly cgroups: Pick<Cgroups, 'shareOut'>;
  readonly pods: () => readonly Pod[];
  readonly allocatable: PodsShare;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Others may have written into the groups: they are set right this often. */
const periodMs = 60_000;

/** Keeps the machine shared out between the classes of pods as pods come and go. */
export class QosShares {
  readonly name = 'qos-shares';
  readonly #deps: QosSharesDeps;
  readonly #waker: Waker;

  constructor(deps: QosSharesDeps) {
    this.#deps = deps;
    this.#waker = new Waker(deps.clock);
  }

  /** Pods have come or gone. */
  wake(): void {
    this.#waker.wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { cgroups, pods, allocatable, log } = this.#deps;
    while (!signal.aborted) {
      try {
        await cgroups.shareOut(pods(), allocatable);
      } catch (error) {
        log.warn('Cannot share out the machine between the classes of pods', { error: messageOf(error) });
      }
      await this.#waker.wait(periodMs, signal);
    }
  }
}
