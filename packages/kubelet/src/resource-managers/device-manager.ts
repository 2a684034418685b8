import type { Container, Pod, ResourceStatus } from '@typernetes/api/core/v1';
import { type Clock, messageOf } from '@typernetes/base';
import type { DeviceAllocation } from '@typernetes/cri';
import { servedByClaim } from '../dra/pod-claims.ts';
import type { Checkpoint } from '../files/checkpoint.ts';
import { unitsOf } from '../pod/amount.ts';
import { byNearness, countNear, type KnownDevice } from './device-choice.ts';
import type { DeviceEndpoint } from './device-plugins.ts';
import type { DeviceObserver } from './manager-metrics.ts';
import { AllocationError, type ContainerExtras, type ResourceProvider } from './provider.ts';
import { type Hint, type Hints, hintsFor } from './topology-policy.ts';

/** The devices of one resource assigned to one container. */
interface DeviceEntry {
  readonly PodUID: string;
  readonly ContainerName: string;
  readonly ResourceName: string;
  /** By NUMA node; -1 for devices with unknown location. */
  readonly DeviceIDs: Readonly<Record<string, readonly string[]>>;
  /** The plugin's response. Upstream keeps the encoded bytes, we keep the object. */
  readonly Allocation: DeviceAllocation;
}

/** The contents of /var/lib/kubelet/device-plugins/kubelet_internal_checkpoint. */
export interface DeviceState {
  readonly Data: {
    readonly PodDeviceEntries: readonly DeviceEntry[];
    readonly RegisteredDevices: Readonly<Record<string, readonly string[]>>;
  };
}

interface DeviceManagerOptions {
  readonly endpoints: { get(resource: string): DeviceEndpoint | undefined; readonly all: readonly DeviceEndpoint[] };
  readonly numaNodes: readonly number[];
  readonly checkpoint: Checkpoint<DeviceState>;
  readonly observer?: Pick<DeviceObserver, 'devicesAllocated'> | undefined;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/** Gives devices of plugins to containers. */
export class DeviceManager implements ResourceProvider {
  readonly #options: DeviceManagerOptions;
  #entries: readonly DeviceEntry[] = [];
  /**
   * Resources that existed before a restart: the node reports them with a capacity of zero until their plugin is back.
   */
  #known: readonly string[] = [];

  private constructor(options: DeviceManagerOptions) {
    this.#options = options;
  }

  static async open(options: DeviceManagerOptions): Promise<DeviceManager> {
    const manager = new DeviceManager(options);
    const state = await options.checkpoint.read();
    manager.#entries = state?.Data.PodDeviceEntries ?? [];
    manager.#known = Object.keys(state?.Data.RegisteredDevices ?? {});
    return manager;
  }

  /** The node's capacity of each resource, and the allocatable part. */
  get amounts(): { readonly capacity: Record<string, string>; readonly allocatable: Record<string, string> } {
    const amounts = { capacity: {} as Record<string, string>, allocatable: {} as Record<string, string> };
    for (const name of this.#known) amounts.capacity[name] = amounts.allocatable[name] = '0';
    for (const { resource, devices } of this.#options.endpoints.all) {
      amounts.capacity[resource] = String(devices.length);
      amounts.allocatable[resource] = String(devices.filter(({ healthy }) => healthy).length);
    }
    return amounts;
  }

  entriesOf(uid: string, container: string): readonly DeviceEntry[] {
    return this.#entries.filter(({ PodUID, ContainerName }) => PodUID === uid && ContainerName === container);
  }

  /** Pods that have devices. */
  get holders(): ReadonlySet<string> {
    return new Set(this.#entries.map(({ PodUID }) => PodUID));
  }

  /** The health of the container's devices; as upstream, those of a plugin that is gone for good count as healthy. */
  statusOf({ metadata: { uid } }: Pod, { name }: Container): readonly ResourceStatus[] {
    return this.entriesOf(uid, name).map(({ ResourceName, DeviceIDs }) => {
      const known = new Map((this.#options.endpoints.get(ResourceName)?.devices ?? []).map((one) => [one.id, one]));
      return {
        name: ResourceName,
        resources: Object.values(DeviceIDs)
          .flat()
          .map((id) => ({ resourceID: id, health: (known.get(id)?.healthy ?? true) ? 'Healthy' : 'Unhealthy' })),
      };
    });
  }

  concerns(pod: Pod, container: Container): boolean {
    return this.#wanted(pod, container).length > 0;
  }

  has(pod: Pod, container: Container): boolean {
    return this.#wanted(pod, container).every(
      ({ resource, count }) => this.#idsOf(pod.metadata.uid, container.name, resource).length >= count,
    );
  }

  hints(pod: Pod, container: Container): readonly Hints[] {
    return this.#wanted(pod, container).map(({ resource, count }): Hints => {
      const devices = this.#options.endpoints.get(resource)?.devices ?? [];
      if (devices.every(({ nodes }) => nodes.length === 0)) return undefined;
      const own = this.#idsOf(pod.metadata.uid, container.name, resource);
      const free = own.length > 0 ? devices.filter(({ id }) => own.includes(id)) : this.#free(pod, resource);
      return hintsFor(this.#options.numaNodes, {
        inAll: (mask) => countNear(devices, mask) >= count,
        free: (mask) => countNear(free, mask) >= count,
      });
    });
  }

  async allocate(pod: Pod, container: Container, hint: Hint): Promise<void> {
    const { uid } = pod.metadata;
    for (const { resource, count } of this.#wanted(pod, container)) {
      if (this.#idsOf(uid, container.name, resource).length >= count) continue;
      const endpoint = this.#options.endpoints.get(resource);
      const devices = endpoint?.devices ?? [];
      if (!endpoint || devices.every(({ healthy }) => !healthy))
        throw new AllocationError(`no healthy devices present; cannot allocate unhealthy devices ${resource}`);
      const free = this.#free(pod, resource);
      if (free.length < count)
        throw new AllocationError(
          `requested number of devices unavailable for ${resource}. Requested: ${count}, Available: ${free.length}`,
        );
      const ids = await this.#choose(endpoint, free, { count, hint });
      const allocation = await this.#ask(endpoint, ids);
      const chosen = devices.filter(({ id }) => ids.includes(id));
      const byNode = Map.groupBy(chosen, ({ nodes }) => String(nodes[0] ?? -1));
      const entry: DeviceEntry = {
        PodUID: uid,
        ContainerName: container.name,
        ResourceName: resource,
        DeviceIDs: Object.fromEntries([...byNode].map(([node, own]) => [node, own.map(({ id }) => id)])),
        Allocation: allocation,
      };
      this.#entries = [...this.#entries, entry];
      await this.save();
    }
  }

  /** Has the plugin give its devices away; rejects with an AllocationError. */
  async #ask({ plugin, resource }: DeviceEndpoint, ids: readonly string[]): Promise<DeviceAllocation> {
    const { clock, observer } = this.#options;
    const startedAt = clock.monotonic();
    try {
      return await plugin.allocate(ids);
    } catch (error) {
      throw new AllocationError(messageOf(error));
    } finally {
      observer?.devicesAllocated(resource, (clock.monotonic() - startedAt) / 1000);
    }
  }

  async retain(active: ReadonlySet<string>): Promise<void> {
    const kept = this.#entries.filter(({ PodUID }) => active.has(PodUID));
    if (kept.length === this.#entries.length) return;
    this.#entries = kept;
    await this.save();
  }

  /** Also to be called when plugins or their devices have changed. */
  async save(): Promise<void> {
    const registered = this.#options.endpoints.all.map(({ resource, devices }): [string, string[]] => [
      resource,
      devices.filter(({ healthy }) => healthy).map(({ id }) => id),
    ]);
    this.#known = [...new Set([...this.#known, ...registered.map(([name]) => name)])];
    const before = this.#known.map((name): [string, string[]] => [name, []]);
    await this.#options.checkpoint.write({
      Data: {
        PodDeviceEntries: this.#entries,
        RegisteredDevices: Object.fromEntries([...before, ...registered]),
      },
    });
  }

  async extras(pod: Pod, container: Container, signal: AbortSignal): Promise<ContainerExtras> {
    const entries = this.entriesOf(pod.metadata.uid, container.name);
    for (const { ResourceName, DeviceIDs } of entries) {
      const endpoint = this.#options.endpoints.get(ResourceName);
      if (!endpoint?.options.preStartRequired) continue;
      const ids = Object.values(DeviceIDs).flat();
      await endpoint.plugin.preStart(ids, { signal }).catch((error: unknown) => {
        throw new Error(`device plugin PreStartContainer rpc failed with err: ${messageOf(error)}`, { cause: error });
      });
    }
    const allocations = entries.map(({ Allocation }) => Allocation);
    return {
      environment: Object.assign({}, ...allocations.map(({ envs }) => envs)),
      annotations: Object.assign({}, ...allocations.map(({ annotations }) => annotations)),
      devices: allocations.flatMap(({ devices }) => devices),
      mounts: allocations.flatMap(({ mounts }) =>
        mounts.map(({ containerPath, hostPath, readOnly }) => ({ containerPath, hostPath, readonly: readOnly })),
      ),
      cdiDevices: allocations.flatMap(({ cdiDevices }) => cdiDevices.map(({ name }) => name)),
    };
  }

  async #choose(
    endpoint: DeviceEndpoint,
    free: readonly KnownDevice[],
    { count, hint }: { count: number; hint: Hint },
  ): Promise<readonly string[]> {
    const sorted = byNearness(free, hint.mask).map(({ id }) => id);
    const plain = sorted.slice(0, count);
    if (!endpoint.options.getPreferredAllocationAvailable) return plain;
    const near =
      hint.mask === undefined
        ? free
        : free.filter(({ nodes }) => countNear([{ id: '', healthy: true, nodes }], hint.mask ?? 0) > 0);
    const offered = near.length >= count ? near.map(({ id }) => id) : sorted;
    const preferred = await endpoint.plugin
      .preferred({ available: offered, mustInclude: near.length >= count ? [] : near.map(({ id }) => id), count })
      .catch((error: unknown) => {
        throw new AllocationError(`device plugin GetPreferredAllocation rpc failed with err: ${messageOf(error)}`);
      });
    // Follow the plugin's preference as far as possible.
    const wished = [...new Set(preferred)].filter((id) => offered.includes(id)).slice(0, count);
    return [...wished, ...plain.filter((id) => !wished.includes(id))].slice(0, count);
  }

  /** Healthy devices that nobody has; what init containers of the pod have is free for those that follow them. */
  #free(pod: Pod, resource: string): readonly KnownDevice[] {
    const reusable = new Set(
      (pod.spec?.initContainers ?? [])
        .filter(({ restartPolicy }) => restartPolicy !== 'Always')
        .map(({ name }) => name),
    );
    const taken = new Set(
      this.#entries
        .filter(({ ResourceName }) => ResourceName === resource)
        .filter(({ PodUID, ContainerName }) => !(PodUID === pod.metadata.uid && reusable.has(ContainerName)))
        .flatMap(({ DeviceIDs }) => Object.values(DeviceIDs).flat()),
    );
    const devices = this.#options.endpoints.get(resource)?.devices ?? [];
    return devices.filter(({ id, healthy }) => healthy && !taken.has(id));
  }

  #idsOf(uid: string, container: string, resource: string): readonly string[] {
    return this.entriesOf(uid, container)
      .filter(({ ResourceName }) => ResourceName === resource)
      .flatMap(({ DeviceIDs }) => Object.values(DeviceIDs).flat());
  }

  /** Resources that plugins have or had; of others nobody knows anything here. */
  #wanted(pod: Pod, { resources }: Container): readonly { readonly resource: string; readonly count: number }[] {
    const served = servedByClaim(pod);
    return Object.entries(resources?.limits ?? {}).flatMap(([resource, amount]) => {
      const isDevice = this.#options.endpoints.get(resource) !== undefined || this.#known.includes(resource);
      const count = isDevice && !served.has(resource) ? (unitsOf(amount) ?? 0) : 0;
      return count > 0 ? [{ resource, count }] : [];
    });
  }
}
