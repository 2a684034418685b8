import { type Clock, isAbort, type Logger, messageOf } from '@typernetes/base';
import { type ContainerRuntime, isRuntimeNotFound } from '@typernetes/cri';
import { Waker } from '../lifecycle/waker.ts';
import { labels } from '../pod/labels.ts';
import { formatCpuSet } from '../resources/cpu-set.ts';
import type { CpuManager } from './cpu-manager.ts';

interface SharedCpusDeps {
  readonly cpus: CpuManager;
  readonly runtime: Pick<ContainerRuntime, 'listContainers' | 'updateContainerResources'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly periodMs: number;
}

/** Moves running containers onto the processors that are theirs when others have got some for themselves, or have given them back. */
export class SharedCpus {
  readonly name = 'shared-cpus';
  readonly #deps: SharedCpusDeps;
  readonly #waker: Waker;
  /** The CPU sets last given to containers, by id. */
  readonly #given = new Map<string, string>();

  constructor(deps: SharedCpusDeps) {
    this.#deps = deps;
    this.#waker = new Waker(deps.clock);
  }

  wake(): void {
    this.#waker.wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#look(signal);
      } catch (error) {
        if (isAbort(error, signal)) return;
        this.#deps.log.warn('Cannot move containers to their processors', { error: messageOf(error) });
      }
      await this.#waker.wait(this.#deps.periodMs, signal);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { cpus, runtime } = this.#deps;
    const running = await runtime.listContainers({ state: 'CONTAINER_RUNNING' }, { signal });
    const ids = new Set(running.map(({ id }) => id));
    for (const id of this.#given.keys()) if (!ids.has(id)) this.#given.delete(id);
    for (const { id, labels: own } of running) {
      const assigned = cpus.assigned(own[labels.podUid] ?? '', own[labels.containerName] ?? '');
      const cpusetCpus = formatCpuSet(assigned ?? cpus.shared);
      if (this.#given.get(id) === cpusetCpus) continue;
      try {
        await runtime.updateContainerResources(id, { cpusetCpus }, { signal });
        this.#given.set(id, cpusetCpus);
      } catch (error) {
        if (!isRuntimeNotFound(error)) throw error;
      }
    }
  }
}
