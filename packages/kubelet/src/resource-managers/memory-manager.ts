import { qosClassOf } from '@typernetes/api';
import type { Container, Pod } from '@typernetes/api/core/v1';
import type { Checkpoint } from '../files/checkpoint.ts';
import { unitsOf } from '../pod/amount.ts';
import { formatCpuSet } from '../resources/cpu-set.ts';
import { AllocationError, type ContainerExtras, type ResourceProvider } from './provider.ts';
import { type Hint, type Hints, hintsFor, maskOf, nodesOf } from './topology-policy.ts';

/** Memory of one type (`memory`, `hugepages-2Mi`) that a container has on a set of NUMA nodes. */
interface MemoryBlock {
  readonly numaAffinity: readonly number[];
  readonly type: string;
  readonly size: number;
}

/** The use of one NUMA node, with upstream's field names; `cells` are the nodes of its group. */
interface NodeMemory {
  readonly numberOfAssignments: number;
  readonly memoryMap: Readonly<
    Record<string, Readonly<Record<'total' | 'systemReserved' | 'allocatable' | 'reserved' | 'free', number>>>
  >;
  readonly cells: readonly number[];
}

/** The contents of /var/lib/kubelet/memory_manager_state. */
export interface MemoryState {
  readonly policyName: string;
  /** By NUMA node, for readers of the file; derived from the entries. */
  readonly machineState?: Readonly<Record<string, NodeMemory>>;
  /** By pod uid and container name. */
  readonly entries?: Readonly<Record<string, Readonly<Record<string, readonly MemoryBlock[]>>>>;
}

interface MemoryManagerOptions {
  /** Bytes that containers may have, by kind and NUMA node. */
  readonly allocatable: ReadonlyMap<string, ReadonlyMap<number, number>>;
  /** The total of each node, including reservations. */
  readonly totals: ReadonlyMap<string, ReadonlyMap<number, number>>;
  readonly checkpoint: Checkpoint<MemoryState>;
}

/** The static policy: containers of guaranteed pods have their memory from as few NUMA nodes as possible, and from no other. */
export class MemoryManager implements ResourceProvider {
  readonly #options: MemoryManagerOptions;
  readonly #assigned = new Map<string, Map<string, readonly MemoryBlock[]>>();

  private constructor(options: MemoryManagerOptions) {
    this.#options = options;
  }

  static async open(options: MemoryManagerOptions): Promise<MemoryManager> {
    const manager = new MemoryManager(options);
    const state = await options.checkpoint.read();
    if (state && state.policyName !== 'Static')
      throw new Error(
        `could not restore state from checkpoint: configured policy "Static" differs from state checkpoint policy "${state.policyName}", please drain this node and delete the memory manager checkpoint file before restarting Kubelet`,
      );
    for (const [uid, own] of Object.entries(state?.entries ?? {}))
      manager.#assigned.set(uid, new Map(Object.entries(own)));
    await manager.#save();
    return manager;
  }

  get allocatable(): MemoryManagerOptions['allocatable'] {
    return this.#options.allocatable;
  }

  assigned(uid: string, container: string): readonly MemoryBlock[] {
    return this.#assigned.get(uid)?.get(container) ?? [];
  }

  concerns(pod: Pod, container: Container): boolean {
    return this.#wanted(pod, container).size > 0;
  }

  has({ metadata }: Pod, { name }: Container): boolean {
    return this.assigned(metadata.uid, name).length > 0;
  }

  hints(pod: Pod, container: Container): readonly Hints[] {
    const own = this.assigned(pod.metadata.uid, container.name);
    return [...this.#wanted(pod, container)].map(([type, size]) => {
      const block = own.find((one) => one.type === type);
      if (block) return [{ mask: maskOf(block.numaAffinity), preferred: true }];
      const all = this.#options.allocatable.get(type) ?? new Map<number, number>();
      const sum = (of: (node: number) => number, mask: number): number =>
        nodesOf(mask).reduce((total, node) => total + of(node), 0);
      return hintsFor([...all.keys()], {
        inAll: (mask) => sum((node) => all.get(node) ?? 0, mask) >= size,
        free: (mask) => this.#isGroup(type, mask) && sum((node) => this.#free(type, node), mask) >= size,
      });
    });
  }

  async allocate(pod: Pod, container: Container, hint: Hint): Promise<void> {
    const wanted = this.#wanted(pod, container);
    const { uid } = pod.metadata;
    if (wanted.size === 0 || this.assigned(uid, container.name).length > 0) return;
    const blocks = [...wanted].map(([type, size]): MemoryBlock => {
      const nodes = [...(this.#options.allocatable.get(type)?.keys() ?? [])];
      const fits = (mask: number): boolean =>
        this.#isGroup(type, mask) && nodesOf(mask).reduce((sum, node) => sum + this.#free(type, node), 0) >= size;
      const candidates = hintsFor(nodes, { inAll: fits, free: fits });
      const within = candidates.filter(({ mask = 0 }) => hint.mask === undefined || (mask & ~hint.mask) === 0);
      const chosen = [...within, ...candidates].find(({ preferred }) => preferred) ?? within[0] ?? candidates[0];
      if (chosen?.mask === undefined)
        throw new AllocationError(`[memorymanager] failed to find NUMA nodes with enough ${type}`);
      return { numaAffinity: nodesOf(chosen.mask), type, size };
    });
    const own = this.#assigned.get(uid) ?? new Map<string, readonly MemoryBlock[]>();
    this.#assigned.set(uid, own.set(container.name, blocks));
    await this.#save();
  }

  async retain(active: ReadonlySet<string>): Promise<void> {
    const gone = [...this.#assigned.keys()].filter((uid) => !active.has(uid));
    if (gone.length === 0) return;
    for (const uid of gone) this.#assigned.delete(uid);
    await this.#save();
  }

  async extras(pod: Pod, container: Container): Promise<ContainerExtras> {
    const nodes = this.assigned(pod.metadata.uid, container.name).flatMap(({ numaAffinity }) => numaAffinity);
    return nodes.length > 0 ? { memoryNodes: formatCpuSet(new Set(nodes)) } : {};
  }

  #wanted(pod: Pod, { resources }: Container): ReadonlyMap<string, number> {
    if (qosClassOf(pod.spec ?? { containers: [] }) !== 'Guaranteed') return new Map();
    const requests = { ...resources?.limits, ...resources?.requests };
    return new Map(
      Object.entries(requests)
        .filter(([name]) => name === 'memory' || name.startsWith('hugepages-'))
        .map(([name, amount]) => [name, unitsOf(amount) ?? 0] as const)
        .filter(([, size]) => size > 0),
    );
  }

  /** Nodes that one container uses as a group must not be used separately by another (upstream: groups of nodes). */
  #isGroup(type: string, mask: number): boolean {
    return this.#blocks(type).every((block) => {
      const used = maskOf(block.numaAffinity);
      return (used & mask) === 0 || used === mask;
    });
  }

  #free(type: string, node: number): number {
    const taken = this.#blocks(type)
      .filter(({ numaAffinity }) => numaAffinity.includes(node))
      .reduce((sum, { size, numaAffinity }) => sum + size / numaAffinity.length, 0);
    return (this.#options.allocatable.get(type)?.get(node) ?? 0) - taken;
  }

  #blocks(type: string): readonly MemoryBlock[] {
    return [...this.#assigned.values()]
      .flatMap((own) => [...own.values()].flat())
      .filter((block) => block.type === type);
  }

  #machineState(): Record<string, NodeMemory> {
    const { allocatable, totals } = this.#options;
    const nodes = new Set([...totals.values()].flatMap((byNode) => [...byNode.keys()]));
    const kinds = [...totals.keys()].sort();
    return Object.fromEntries(
      [...nodes].map((node) => {
        const used = kinds.flatMap((type) => this.#blocks(type)).filter((one) => one.numaAffinity.includes(node));
        const memoryMap = kinds.map((type) => {
          const total = totals.get(type)?.get(node) ?? 0;
          const most = allocatable.get(type)?.get(node) ?? 0;
          const free = Math.floor(this.#free(type, node));
          return [type, { total, systemReserved: total - most, allocatable: most, reserved: most - free, free }];
        });
        const cells = used[0]?.numaAffinity ?? [node];
        return [node, { numberOfAssignments: used.length, memoryMap: Object.fromEntries(memoryMap), cells }];
      }),
    );
  }

  async #save(): Promise<void> {
    const entries = Object.fromEntries([...this.#assigned].map(([uid, own]) => [uid, Object.fromEntries(own)]));
    const state = { policyName: 'Static', machineState: this.#machineState() };
    await this.#options.checkpoint.write(this.#assigned.size > 0 ? { ...state, entries } : state);
  }
}
