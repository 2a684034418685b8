import { qosClassOf } from '@typernetes/api';
import type { Container, Pod } from '@typernetes/api/core/v1';
import type { Checkpoint } from '../files/checkpoint.ts';
import { milliOf } from '../pod/amount.ts';
import { type CpuSet, formatCpuSet, parseCpuSet } from '../resources/cpu-set.ts';
import { chooseCpus } from './cpu-choice.ts';
import { distributeCpus } from './cpu-distribution.ts';
import type { MachineTopology } from './machine-topology.ts';
import type { ProcessorUse } from './manager-metrics.ts';
import type { CpuOptions } from './policy-options.ts';
import { AllocationError, type ContainerExtras, type ResourceProvider } from './provider.ts';
import { countOf, type Hint, type Hints, hintsFor, maskOf, nodesOf } from './topology-policy.ts';

/** The contents of /var/lib/kubelet/cpu_manager_state. */
export interface CpuState {
  readonly policyName: string;
  readonly defaultCpuSet: string;
  /** By pod uid and container name. */
  readonly entries?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

interface CpuManagerOptions {
  readonly topology: MachineTopology;
  /** Never assigned exclusively. */
  readonly reserved: CpuSet;
  readonly policy: CpuOptions;
  readonly checkpoint: Checkpoint<CpuState>;
  /** The processors that everybody shares have changed. */
  readonly onShared: () => void;
}

/** The static policy: containers of guaranteed pods with whole-number CPU requests get exclusive CPUs. */
export class CpuManager implements ResourceProvider {
  readonly #options: CpuManagerOptions;
  readonly #assigned = new Map<string, Map<string, CpuSet>>();

  private constructor(options: CpuManagerOptions) {
    this.#options = options;
  }

  /** Restores the assignments made before a restart. Throws if they do not fit this machine and configuration. */
  static async open(options: CpuManagerOptions): Promise<CpuManager> {
    const manager = new CpuManager(options);
    const state = await options.checkpoint.read();
    if (state && state.policyName !== 'static')
      throw new Error(
        `could not restore state from checkpoint: configured policy "static" differs from state checkpoint policy "${state.policyName}", please drain this node and delete the CPU manager checkpoint file before restarting Kubelet`,
      );
    const known = new Set(options.topology.cpus.map(({ id }) => id));
    for (const [uid, containers] of Object.entries(state?.entries ?? {}))
      for (const [name, text] of Object.entries(containers)) {
        const cpus = parseCpuSet(text);
        if (![...cpus].every((cpu) => known.has(cpu)))
          throw new Error(
            `processors ${text} of the CPU manager checkpoint are not on this machine, please drain this node and delete it`,
          );
        manager.#give(uid, name, cpus);
      }
    manager.#checkState(state);
    await manager.#save();
    return manager;
  }

  /** Throws where the processors are others than when the state was written, in upstream's words. */
  #checkState(state: CpuState | undefined): void {
    const { topology, reserved, policy } = this.#options;
    if (!state || state.defaultCpuSet === '') return;
    const shared = parseCpuSet(state.defaultCpuSet);
    if (!policy.strict && ![...reserved].every((id) => shared.has(id)))
      throw new Error(
        `not all reserved cpus: "${formatCpuSet(reserved)}" are present in defaultCpuSet: "${formatCpuSet(shared)}"`,
      );
    const assigned = [...this.#assigned.values()].flatMap((own) => [...own.values()].flatMap((cpus) => [...cpus]));
    const known = new Set([...shared, ...assigned, ...(policy.strict ? reserved : [])]);
    const all = topology.cpus.map(({ id }) => id);
    if (known.size !== all.length || !all.every((id) => known.has(id)))
      throw new Error(
        `current set of available CPUs "${formatCpuSet(all)}" doesn't match with CPUs in state "${formatCpuSet(known)}"`,
      );
  }

  /** The processors of all that have none for themselves. */
  get shared(): CpuSet {
    const { topology, policy, reserved } = this.#options;
    const taken = new Set(
      [...this.#assigned.values()].flatMap((own) => [...own.values()].flatMap((cpus) => [...cpus])),
    );
    return new Set(
      topology.cpus.map(({ id }) => id).filter((id) => !taken.has(id) && !(policy.strict && reserved.has(id))),
    );
  }

  /** How many CPUs are shared, and how many of each node are assigned exclusively. */
  get use(): ProcessorUse {
    const given = new Set(
      [...this.#assigned.values()].flatMap((own) => [...own.values()].flatMap((cpus) => [...cpus])),
    );
    const exclusive = new Map<number, number>();
    for (const { id, numa } of this.#options.topology.cpus)
      exclusive.set(numa, (exclusive.get(numa) ?? 0) + (given.has(id) ? 1 : 0));
    return { shared: this.shared.size, exclusive };
  }

  /** The CPUs that can be assigned exclusively on an empty machine. */
  get allocatable(): CpuSet {
    const { topology, reserved } = this.#options;
    return new Set(topology.cpus.map(({ id }) => id).filter((id) => !reserved.has(id)));
  }

  assigned(uid: string, container: string): CpuSet | undefined {
    return this.#assigned.get(uid)?.get(container);
  }

  concerns(pod: Pod, container: Container): boolean {
    return wholeCpus(pod, container) > 0;
  }

  has({ metadata }: Pod, { name }: Container): boolean {
    return this.assigned(metadata.uid, name) !== undefined;
  }

  hints(pod: Pod, container: Container): readonly Hints[] {
    const count = wholeCpus(pod, container);
    if (count === 0) return [];
    const { cpus, memory } = this.#options.topology;
    const own = this.assigned(pod.metadata.uid, container.name);
    const free = own ?? this.#freeFor(pod);
    const inMask = (set: CpuSet, mask: number): number =>
      cpus.filter(({ id, numa }) => set.has(id) && (mask >>> numa) & 1).length;
    const nodes = [...memory.keys()];
    const all = this.allocatable;
    const hints = hintsFor(nodes, {
      inAll: (mask) => inMask(all, mask) >= count,
      free: (mask) => inMask(free, mask) >= count,
    });
    if (!this.#options.policy.alignBySocket) return [hints];
    const width = Math.min(...nodes.map((_node, at) => at + 1).filter((size) => this.#fitsIn(size, count)));
    return [hints.map((hint) => ({ ...hint, preferred: hint.preferred || this.#isSocketAligned(hint, width) }))];
  }

  async allocate(pod: Pod, container: Container, hint: Hint): Promise<void> {
    const count = wholeCpus(pod, container);
    const { uid } = pod.metadata;
    if (count === 0 || this.assigned(uid, container.name)) return;
    const { policy } = this.#options;
    const threads = this.#threads;
    if (policy.wholeCores && count % threads !== 0)
      throw new AllocationError(
        `SMT Alignment Error: requested ${count} cpus not multiple cpus per core = ${threads}`,
        'SMTAlignmentError',
      );
    const free = this.#freeFor(pod);
    const near = new Set(this.#near(hint).filter((id) => free.has(id)));
    // As many as possible from the hinted nodes, the rest from anywhere.
    const nearest = this.#choose(near, Math.min(count, near.size)) ?? [];
    const others = this.#choose(new Set([...free].filter((id) => !nearest.includes(id))), count - nearest.length);
    const chosen = others && [...nearest, ...others];
    if (!chosen)
      throw new AllocationError(
        `not enough cpus available to satisfy request: requested=${count}, available=${free.size}`,
      );
    this.#give(uid, container.name, new Set(chosen));
    await this.#save();
    this.#options.onShared();
  }

  async retain(active: ReadonlySet<string>): Promise<void> {
    const gone = [...this.#assigned.keys()].filter((uid) => !active.has(uid));
    if (gone.length === 0) return;
    for (const uid of gone) this.#assigned.delete(uid);
    await this.#save();
    this.#options.onShared();
  }

  async extras(pod: Pod, container: Container): Promise<ContainerExtras> {
    return { cpus: formatCpuSet(this.assigned(pod.metadata.uid, container.name) ?? this.shared) };
  }

  /** The NUMA nodes of a container's CPUs. */
  nodesOf(cpus: CpuSet): number {
    return maskOf(this.#options.topology.cpus.filter(({ id }) => cpus.has(id)).map(({ numa }) => numa));
  }

  get #threads(): number {
    const { cpus } = this.#options.topology;
    return cpus.length / new Set(cpus.map(({ core }) => core)).size;
  }

  #choose(free: CpuSet, count: number): readonly number[] | undefined {
    const { topology, policy } = this.#options;
    if (count === 0) return [];
    if (policy.acrossNuma)
      return distributeCpus(topology.cpus, free, { count, groupSize: policy.wholeCores ? this.#threads : 1 });
    return chooseCpus(topology.cpus, free, count, policy);
  }

  /** The processors that a hint means: those of its nodes or, by `align-by-socket`, of the nodes' sockets. */
  #near({ mask }: Hint): readonly number[] {
    const { topology, policy } = this.#options;
    const isIn = (numa: number): boolean => mask === undefined || ((mask >>> numa) & 1) === 1;
    const sockets = new Set(topology.cpus.filter(({ numa }) => isIn(numa)).map(({ socket }) => socket));
    return topology.cpus
      .filter(({ numa, socket }) => (policy.alignBySocket ? sockets.has(socket) : isIn(numa)))
      .map(({ id }) => id);
  }

  /** Whether some nodes of that number have so many processors in all. */
  #fitsIn(size: number, count: number): boolean {
    const { cpus } = this.#options.topology;
    const perNode = [...Map.groupBy(cpus, ({ numa }) => numa).values()].map((own) => own.length).sort((a, b) => b - a);
    return perNode.slice(0, size).reduce((sum, own) => sum + own, 0) >= count;
  }

  /** Whether the hint's nodes lie in as few sockets as `width` nodes need. */
  #isSocketAligned({ mask = 0 }: Hint, width: number): boolean {
    const { cpus, memory } = this.#options.topology;
    const perSocket = Math.floor(memory.size / new Set(cpus.map(({ socket }) => socket)).size);
    if (perSocket === 0 || countOf(mask) === 0) return false;
    const nodes = nodesOf(mask);
    const sockets = new Set(cpus.filter(({ numa }) => nodes.includes(numa)).map(({ socket }) => socket));
    return sockets.size === Math.ceil(width / perSocket);
  }

  /** The CPUs of the pod's init containers, which later containers may reuse. */
  #freeFor(pod: Pod): CpuSet {
    const { reserved } = this.#options;
    const own = this.#assigned.get(pod.metadata.uid);
    const reusable = (pod.spec?.initContainers ?? [])
      .filter(({ restartPolicy }) => restartPolicy !== 'Always')
      .flatMap(({ name }) => [...(own?.get(name) ?? [])]);
    const kept = new Set(
      [...(own ?? [])]
        .filter(
          ([name]) => !pod.spec?.initContainers?.some((init) => init.name === name && init.restartPolicy !== 'Always'),
        )
        .flatMap(([, cpus]) => [...cpus]),
    );
    return new Set([...this.shared, ...reusable].filter((id) => !reserved.has(id) && !kept.has(id)));
  }

  #give(uid: string, container: string, cpus: CpuSet): void {
    const own = this.#assigned.get(uid) ?? new Map<string, CpuSet>();
    this.#assigned.set(uid, own.set(container, cpus));
  }

  async #save(): Promise<void> {
    const entries = Object.fromEntries(
      [...this.#assigned].map(([uid, own]) => [
        uid,
        Object.fromEntries([...own].map(([name, cpus]) => [name, formatCpuSet(cpus)])),
      ]),
    );
    const state = { policyName: 'static', defaultCpuSet: formatCpuSet(this.shared) };
    await this.#options.checkpoint.write(this.#assigned.size > 0 ? { ...state, entries } : state);
  }
}

/** The number of exclusive CPUs for a container: none unless its pod is guaranteed and it requests a whole number. */
function wholeCpus(pod: Pod, { resources }: Container): number {
  const milli = milliOf(resources?.requests?.cpu ?? resources?.limits?.cpu) ?? 0;
  if (milli === 0 || milli % 1000 !== 0) return 0;
  return qosClassOf(pod.spec ?? { containers: [] }) === 'Guaranteed' ? milli / 1000 : 0;
}
