import { type FSWatcher, watch } from 'node:fs';
import { type Clock, codeOf, type Logger, messageOf } from '@typernetes/base';
import type { ContainerRuntime, RuntimeCondition, RuntimeStatus } from '@typernetes/cri';
import { Waker } from '../lifecycle/waker.ts';

interface RuntimeStateDeps {
  readonly runtime: Pick<ContainerRuntime, 'status'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** The directory of the network's configuration. */
  readonly cniDir: string;
  readonly onChange: () => void;
  /** The status that it reported at the start. */
  readonly status: RuntimeStatus;
}

const intervalsMs = { ready: 5000, unready: 1000, settling: 50 };
/** A runtime that has told nothing of itself for so long is down (upstream: kubelet.maxWaitForContainerRuntime). */
const silenceMs = 30_000;
/** After the network's configuration has changed, the runtime needs a moment to read it. */
const settlingRounds = 40;

/** The runtime's own status: whether it works, and whether pods can have a network. */
export class RuntimeState {
  readonly name = 'runtime-state';
  readonly #deps: RuntimeStateDeps;
  #status: RuntimeStatus;
  #runtimeProblem: string | undefined = 'container runtime status check may not have completed yet';
  #networkProblem: string | undefined = 'container runtime status check may not have completed yet';
  #isSilent = false;
  #cancelSilence = (): void => {};

  readonly #waker: Waker;

  constructor(deps: RuntimeStateDeps) {
    this.#deps = deps;
    this.#status = deps.status;
    this.#waker = new Waker(deps.clock);
  }

  /** The features of its handlers. */
  get handlers(): RuntimeStatus['handlers'] {
    return this.#status.handlers;
  }

  get supplementalGroupsPolicy(): boolean | undefined {
    return this.#status.supplementalGroupsPolicy;
  }

  /** Why the node is not ready, in the words of its condition. */
  get runtimeProblem(): string | undefined {
    return this.#runtimeProblem;
  }

  get networkProblem(): string | undefined {
    return this.#networkProblem;
  }

  async run(signal: AbortSignal): Promise<void> {
    let settling = 0;
    let watcher: FSWatcher | undefined;
    const onDirectory = (): void => {
      settling = settlingRounds;
      this.#waker.wake();
    };
    while (!signal.aborted) {
      watcher ??= this.#watch(onDirectory);
      await this.#check(signal);
      const ready = !this.#isSilent && this.#runtimeProblem === undefined && this.#networkProblem === undefined;
      const waitMs = ready ? intervalsMs.ready : settling-- > 0 ? intervalsMs.settling : intervalsMs.unready;
      await this.#waker.wait(waitMs, signal);
    }
    this.#cancelSilence();
    watcher?.close();
  }

  #watch(onChange: () => void): FSWatcher | undefined {
    try {
      const watcher = watch(this.#deps.cniDir, onChange);
      watcher.on('error', onChange);
      return watcher;
    } catch (error) {
      this.#deps.log.debug('Cannot watch network configuration', { dir: this.#deps.cniDir, code: codeOf(error) });
      return undefined;
    }
  }

  async #check(signal: AbortSignal): Promise<void> {
    const before = [this.#isSilent, this.#runtimeProblem, this.#networkProblem];
    try {
      this.#status = await this.#deps.runtime.status({ signal });
    } catch (error) {
      if (signal.aborted) return;
      if (!this.#isSilent) this.#deps.log.warn('Cannot read the runtime status', { error: messageOf(error) });
      this.#isSilent = true;
      return;
    }
    this.#cancelSilence();
    this.#cancelSilence = this.#deps.clock.after(silenceMs, () => this.#down());
    const { conditions } = this.#status;
    const problem = problemOf(conditions, 'RuntimeReady');
    this.#runtimeProblem = problem && `container runtime not ready: ${problem}`;
    this.#networkProblem = problemOf(conditions, 'NetworkReady');
    this.#isSilent = false;
    // After a silence, too: pods may wait for the runtime.
    const now = [this.#isSilent, this.#runtimeProblem, this.#networkProblem];
    if (now.some((value, at) => value !== before[at])) this.#deps.onChange();
  }

  #down(): void {
    this.#runtimeProblem = 'container runtime is down';
    this.#deps.onChange();
  }
}

/** `NetworkReady=false reason:NetworkPluginNotReady message:...` */
function problemOf(conditions: readonly RuntimeCondition[], type: string): string | undefined {
  const condition = conditions.find((c) => c.type === type);
  if (!condition) return `${type} is not reported`;
  if (condition.status) return undefined;
  return `${type}=false reason:${condition.reason} message:${condition.message}`;
}
