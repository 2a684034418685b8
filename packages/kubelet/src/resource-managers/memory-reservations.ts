import type { CompleteConfiguration } from '../config/defaults.ts';
import { parseThresholds } from '../eviction/thresholds.ts';
import type { Machine } from '../node/machine.ts';
import { unitsOf } from '../pod/amount.ts';
import type { MachineTopology } from './machine-topology.ts';

/**
 * What containers may use of memory and of each size of huge pages on each NUMA node. Throws if the reservations do not
 * add up.
 */
export function allocatableMemory(
  topology: MachineTopology,
  config: CompleteConfiguration,
  machine: Pick<Machine, 'hugepages' | 'memoryBytes'>,
): ReadonlyMap<string, ReadonlyMap<number, number>> {
  return new Map(
    [...totalMemory(topology, machine)].map(([type, byNode]) => [
      type,
      withoutReserved(type, byNode, { config, expected: reservedAmount(type, config, machine) }),
    ]),
  );
}

/** The memory and huge pages of each size of the NUMA nodes. */
export function totalMemory(
  topology: MachineTopology,
  machine: Pick<Machine, 'hugepages'>,
): ReadonlyMap<string, ReadonlyMap<number, number>> {
  return new Map([['memory', topology.memory], ...(topology.hugepages ?? onFirstNode(topology, machine))]);
}

/** If the kernel does not say where huge pages are, they count for the first node. */
function onFirstNode(
  { memory }: MachineTopology,
  { hugepages }: Pick<Machine, 'hugepages'>,
): ReadonlyMap<string, ReadonlyMap<number, number>> {
  const [first = 0] = memory.keys();
  return new Map(Object.entries(hugepages).map(([name, bytes]) => [name, new Map([[first, bytes]])]));
}

/**
 * What pods may use on each node. Throws, in upstream's words, if the reservations per node do not add up to those of
 * the whole node.
 */
function withoutReserved(
  type: string,
  byNode: ReadonlyMap<number, number>,
  { config, expected }: { readonly config: CompleteConfiguration; readonly expected: number },
): ReadonlyMap<number, number> {
  const reserved = new Map<number, number>();
  for (const { numaNode, limits } of config.reservedMemory ?? [])
    reserved.set(numaNode, (reserved.get(numaNode) ?? 0) + (unitsOf(limits?.[type]) ?? 0));
  const total = [...reserved.values()].reduce((sum, bytes) => sum + bytes, 0);
  if (total !== expected)
    throw new Error(
      `[memorymanager] the total amount "${binaryText(total)}" of type "${type}" is not equal to the value "${binaryText(expected)}" determined by Node Allocatable feature`,
    );
  return new Map([...byNode].map(([node, bytes]) => [node, bytes - (reserved.get(node) ?? 0)]));
}

/** The amount withheld from pods: reservations and, for memory, the eviction threshold. */
function reservedAmount(type: string, config: CompleteConfiguration, machine: Pick<Machine, 'memoryBytes'>): number {
  const reserved = (unitsOf(config.systemReserved[type]) ?? 0) + (unitsOf(config.kubeReserved[type]) ?? 0);
  if (type !== 'memory') return reserved;
  const threshold = parseThresholds(config).find(
    ({ signal, graceMs }) => signal === 'memory.available' && graceMs === 0,
  );
  if (!threshold) return reserved;
  const { value } = threshold;
  return reserved + ('part' in value ? Math.floor(machine.memoryBytes * value.part) : value.amount);
}

/** Bytes in the largest unit that needs no fraction: `100Mi`. */
function binaryText(bytes: number): string {
  const units = ['', 'Ki', 'Mi', 'Gi', 'Ti'];
  let [at, left] = [0, bytes];
  for (; left > 0 && left % 1024 === 0 && at < units.length - 1; at++) left /= 1024;
  return `${left}${units[at]}`;
}
