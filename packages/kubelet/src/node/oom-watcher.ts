import { type Clock, isAbort, type Logger, messageOf } from '@typernetes/base';
import type { EventRecorder, EventTarget } from '@typernetes/client';
import type { KernelLog } from './kernel-log.ts';

/** A process that the kernel has killed because the whole machine was out of memory. */
interface OomVictim {
  readonly process: string;
  readonly pid: number;
}

/**
 * Finds in the kernel's messages who was killed for want of memory of the machine. When a control group alone was at its limit, that is its pod's business
 * and shows in its container's state (upstream: cAdvisor's oomparser and `VictimContainerName == "/"`).
 */
export class OomReader {
  #isUnderWay = false;

  /** Takes in messages in the order in which they came, a few at a time. */
  take(messages: readonly string[]): readonly OomVictim[] {
    return messages.flatMap((message) => {
      if (message.includes('invoked oom-killer:')) this.#isUnderWay = true;
      if (!this.#isUnderWay) return [];
      const ofGroup =
        /oom-kill:constraint=.*,oom_memcg=/.test(message) || /Task in .* killed as a result of limit of /.test(message);
      const [, pid, process = ''] = /Killed process (\d+) \((.+)\)/.exec(message) ?? [];
      if (ofGroup || pid !== undefined) this.#isUnderWay = false;
      return pid === undefined ? [] : [{ process, pid: Number(pid) }];
    });
  }
}

interface OomWatcherDeps {
  readonly open: () => Promise<KernelLog>;
  readonly node: EventTarget;
  readonly recorder: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
}

const intervalMs = 10_000;

/** Tells in events of the node whom the kernel has killed. As upstream, a kubelet that starts tells once more of all that the kernel remembers. */
export class OomWatcher {
  readonly name = 'oom-watcher';
  readonly #deps: OomWatcherDeps;

  constructor(deps: OomWatcherDeps) {
    this.#deps = deps;
  }

  async run(signal: AbortSignal): Promise<void> {
    let kernel: KernelLog | undefined;
    try {
      kernel = await this.#deps.open();
      await this.#follow(kernel, signal);
    } catch (error) {
      if (isAbort(error, signal)) return;
      this.#deps.log.warn('Cannot read what the kernel says: nobody tells when the machine is out of memory', {
        error: messageOf(error),
      });
    } finally {
      await kernel?.close();
    }
  }

  /** The first look waits as well: pods are to start first. */
  async #follow(kernel: KernelLog, signal: AbortSignal): Promise<never> {
    const { node, recorder, clock } = this.#deps;
    const reader = new OomReader();
    for (;;) {
      await clock.sleep(intervalMs, signal);
      for (const { process, pid } of reader.take(await kernel.read())) {
        const message = `System OOM encountered, victim process: ${process}, pid: ${pid}`;
        recorder.event(node, 'Warning', 'SystemOOM', message);
      }
    }
  }
}
