import type { Container, Pod } from '@typernetes/api/core/v1';
import { type Clock, messageOf, type Runnable, runAll } from '@typernetes/base';
import { addQuantities, formatQuantity, parseQuantity } from '@typernetes/machinery';
import type { PodVerdict } from '../eviction/eviction-manager.ts';
import { OneAtATime } from '../lifecycle/one-at-a-time.ts';
import type { CpuManager } from './cpu-manager.ts';
import type { DeviceManager } from './device-manager.ts';
import type { ManagerObserver } from './manager-metrics.ts';
import type { MemoryManager } from './memory-manager.ts';
import type { AllocationError, ContainerExtras, ResourceProvider } from './provider.ts';
import { decide, type Hint, type TopologyPolicy } from './topology-policy.ts';

export interface ResourceManagersOptions {
  readonly devices: DeviceManager;
  /** Undefined where the policy gives nothing away. */
  readonly cpus: CpuManager | undefined;
  readonly memory: MemoryManager | undefined;
  readonly topology: {
    readonly policy: TopologyPolicy;
    readonly scope: 'container' | 'pod';
    readonly nodes: readonly number[];
    /** The average distance between the nodes of a set, if closer ones are preferred. */
    readonly distanceOf?: (mask: number) => number;
  };
  /** The uids of pods that are here and have not ended; undefined while it is not known yet which those are. */
  readonly active: () => ReadonlySet<string> | undefined;
  /** Runs beside the managers: registration of plugins, moving of containers. */
  readonly parts: readonly Runnable[];
  readonly observer?: ManagerObserver | undefined;
  readonly clock: Clock;
}

const retainMs = 10_000;

/** Assigns exclusive resources to pods: devices, CPUs, local memory. One pod at a time. */
export class ResourceManagers implements Runnable {
  readonly name = 'resource-managers';
  readonly #options: ResourceManagersOptions;
  readonly #providers: readonly ResourceProvider[];
  readonly #queue = new OneAtATime();

  constructor(options: ResourceManagersOptions) {
    this.#options = options;
    const { cpus, memory, devices } = options;
    this.#providers = [cpus, memory, devices].filter((provider) => provider !== undefined);
  }

  /** Gives back now and then what pods had that have ended. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, active, parts } = this.#options;
    const upkeep: Runnable = {
      name: 'retain',
      run: async (scope) => {
        while (!scope.aborted) {
          const present = active();
          if (present) await this.#queue.run(() => this.#retain(present));
          await clock.sleep(retainMs, scope).catch(() => {});
        }
      },
    };
    await runAll([upkeep, ...parts], signal);
  }

  get devices(): DeviceManager {
    return this.#options.devices;
  }

  get cpus(): CpuManager | undefined {
    return this.#options.cpus;
  }

  get memory(): MemoryManager | undefined {
    return this.#options.memory;
  }

  /** Whether the pod asks for anything of this. Those that do not are never held up. */
  concerns(pod: Pod): boolean {
    return containersOf(pod).some((container) => this.#providers.some((provider) => provider.concerns(pod, container)));
  }

  /**
   * Assigns the pod all its resources, unless it already has them; or returns why it is not admitted, and assigns
   * nothing.
   */
  claim(pod: Pod): Promise<PodVerdict | undefined> {
    const { clock, observer } = this.#options;
    const startedAt = clock.monotonic();
    return this.#queue.run(() => this.#claim(pod)).finally(() => observer?.weighed(clock.monotonic() - startedAt));
  }

  /** What to create the container with. */
  async extras(pod: Pod, container: Container, signal: AbortSignal): Promise<ContainerExtras> {
    const all = await Promise.all(this.#providers.map((provider) => provider.extras(pod, container, signal)));
    return Object.assign({}, ...all);
  }

  async #claim(pod: Pod): Promise<PodVerdict | undefined> {
    const active = this.#options.active();
    if (active) await this.#retain(new Set([...active, pod.metadata.uid]));
    const { policy, scope, nodes, distanceOf } = this.#options.topology;
    const containers = containersOf(pod);
    const decided = (concerned: readonly Container[]): { hint: Hint; admit: boolean } =>
      decide(
        policy,
        concerned.flatMap((container) => this.#providers.flatMap((provider) => provider.hints(pod, container))),
        nodes,
        distanceOf,
      );
    try {
      const missing = containers.filter((container) =>
        this.#providers.some((provider) => provider.concerns(pod, container) && !provider.has(pod, container)),
      );
      // As after a restart of the kubelet: existing assignments are not reconsidered.
      if (missing.length === 0) return undefined;
      const whole = scope === 'pod' && policy !== 'none' ? decided([asOne(pod, containers)]) : undefined;
      for (const container of missing) {
        const { hint, admit } = whole ?? decided([container]);
        if (!admit) {
          this.#options.observer?.misaligned();
          await this.#giveUp(pod);
          const message = 'Pod was rejected: Resources cannot be allocated with Topology locality';
          return { reason: 'TopologyAffinityError', message, rejected: true };
        }
        for (const provider of this.#providers) await this.#allocate(provider, { pod, container, hint });
      }
      return undefined;
    } catch (error) {
      if (!isAllocationError(error)) throw error;
      await this.#giveUp(pod);
      if (error.reason !== undefined)
        return { reason: error.reason, message: `Pod was rejected: ${error.message}`, rejected: true };
      const message = `Pod was rejected: Allocate failed due to ${messageOf(error)}, which is unexpected`;
      return { reason: 'UnexpectedAdmissionError', message, rejected: true };
    }
  }

  async #allocate(
    provider: ResourceProvider,
    { pod, container, hint }: { readonly pod: Pod; readonly container: Container; readonly hint: Hint },
  ): Promise<void> {
    const { cpus, memory, observer } = this.#options;
    const what = provider === cpus ? 'cpu' : provider === memory ? 'memory' : undefined;
    const isPinned = what !== undefined && provider.concerns(pod, container);
    try {
      await provider.allocate(pod, container, hint);
    } catch (error) {
      if (isPinned) observer?.pinned(what, true);
      throw error;
    }
    if (isPinned) observer?.pinned(what, false);
  }

  async #giveUp(pod: Pod): Promise<void> {
    const active = this.#options.active();
    if (active) await this.#retain(new Set([...active].filter((uid) => uid !== pod.metadata.uid)));
  }

  async #retain(active: ReadonlySet<string>): Promise<void> {
    for (const provider of this.#providers) await provider.retain(active);
  }
}

/** Init containers first: what they had is free again for those that follow. */
function containersOf({ spec }: Pod): readonly Container[] {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
}

/** A container that asks for what the pod's regular containers and sidecars ask for together. */
function asOne({ spec }: Pod, containers: readonly Container[]): Container {
  const [first] = containers;
  const together = [
    ...(spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always'),
    ...(spec?.containers ?? []),
  ];
  const sum = (field: 'requests' | 'limits'): Record<string, string> => {
    const amounts: Record<string, string> = {};
    for (const { resources } of together)
      for (const [name, amount] of Object.entries(resources?.[field] ?? {}))
        amounts[name] =
          amounts[name] === undefined
            ? String(amount)
            : formatQuantity(addQuantities(parseQuantity(amounts[name]), parseQuantity(amount)));
    return amounts;
  };
  return { ...first, name: '', resources: { requests: sum('requests'), limits: sum('limits') } } as Container;
}

function isAllocationError(error: unknown): error is AllocationError {
  return error instanceof Error && error.name === 'AllocationError';
}
