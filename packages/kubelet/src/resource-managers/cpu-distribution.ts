import type { CpuSet } from '../resources/cpu-set.ts';
import { chooseCpus } from './cpu-choice.ts';
import type { Cpu } from './machine-topology.ts';

interface Distribution {
  readonly count: number;
  /** CPUs are assigned in groups of this size: the threads of a core, or 1. */
  readonly groupSize: number;
}

/** How many CPUs each node of a set contributes: `even`, and one group more for the nodes in `rest`, in turn. */
interface Shares {
  readonly nodes: readonly number[];
  readonly even: number;
  readonly rest: readonly number[];
  /** How unevenly the machine is used afterwards. */
  readonly imbalance: number;
}

/**
 * Chooses CPUs from as few NUMA nodes as possible, the same number from each, so that the remaining ones are spread
 * evenly (upstream: takeByTopologyNUMADistributed). If that is impossible, they are chosen close together.
 */
export function distributeCpus(
  all: readonly Cpu[],
  free: CpuSet,
  distribution: Distribution,
): readonly number[] | undefined {
  const { count, groupSize } = distribution;
  if (count % groupSize !== 0 || free.size < count) return chooseCpus(all, free, count);
  const freeOn = new Map<number, number>();
  for (const { id, numa } of all) if (free.has(id)) freeOn.set(numa, (freeOn.get(numa) ?? 0) + 1);
  const nodes = [...freeOn.keys()].sort((a, b) => (freeOn.get(a) ?? 0) - (freeOn.get(b) ?? 0) || a - b);
  const most = Math.min(nodes.length, count / groupSize);
  for (let size = 1; size <= most; size++) {
    const [best] = combinations(nodes, size)
      .flatMap((combination) => sharesOf(combination, freeOn, distribution) ?? [])
      .sort((a, b) => a.imbalance - b.imbalance);
    if (best) return taken(all, free, best, distribution);
  }
  return chooseCpus(all, free, count);
}

/** Undefined when these nodes cannot provide them evenly. */
function sharesOf(
  nodes: readonly number[],
  freeOn: ReadonlyMap<number, number>,
  { count, groupSize }: Distribution,
): Shares | undefined {
  const on = (node: number): number => freeOn.get(node) ?? 0;
  const groups = nodes.reduce((sum, node) => sum + Math.floor(on(node) / groupSize), 0);
  const even = Math.floor(count / nodes.length / groupSize) * groupSize;
  if (groups * groupSize < count || nodes.some((node) => on(node) < even)) return undefined;
  const after = new Map([...freeOn].map(([node, own]) => [node, nodes.includes(node) ? own - even : own]));
  const remainder = count - even * nodes.length;
  if (remainder === 0) return { nodes, even, rest: [], imbalance: deviation([...after.values()]) };
  const able = nodes.filter((node) => (after.get(node) ?? 0) >= groupSize);
  let best: Shares | undefined;
  for (let size = able.length; size >= 1; size--)
    for (const rest of combinations(able, size)) {
      const left = takeInTurns(after, rest, { remainder, groupSize });
      const imbalance = left ? deviation([...left.values()]) : Number.POSITIVE_INFINITY;
      if (imbalance < (best?.imbalance ?? Number.POSITIVE_INFINITY)) best = { nodes, even, rest, imbalance };
    }
  return best;
}

function takeInTurns(
  before: ReadonlyMap<number, number>,
  nodes: readonly number[],
  { remainder, groupSize }: { readonly remainder: number; readonly groupSize: number },
): ReadonlyMap<number, number> | undefined {
  const left = new Map(before);
  let missing = remainder;
  while (missing > 0) {
    const start = missing;
    for (const node of nodes) {
      const own = left.get(node) ?? 0;
      if (missing === 0 || own < groupSize) continue;
      left.set(node, own - groupSize);
      missing -= groupSize;
    }
    if (missing === start) return undefined;
  }
  return left;
}

function taken(
  all: readonly Cpu[],
  free: CpuSet,
  { nodes, even, rest }: Shares,
  { count, groupSize }: Distribution,
): readonly number[] {
  const left = new Set(free);
  const chosen: number[] = [];
  const takeFrom = (node: number, number: number): void => {
    const own = new Set(all.flatMap(({ id, numa }) => (numa === node && left.has(id) ? [id] : [])));
    for (const id of chooseCpus(all, own, number) ?? []) {
      chosen.push(id);
      left.delete(id);
    }
  };
  for (const node of nodes) takeFrom(node, even);
  while (chosen.length < count) {
    const before = chosen.length;
    for (const node of rest) if (chosen.length < count) takeFrom(node, groupSize);
    if (chosen.length === before) break;
  }
  return chosen.sort((a, b) => a - b);
}

/** All choices of that many, in the order of the list. */
function combinations<T>(list: readonly T[], size: number): readonly (readonly T[])[] {
  if (size === 0) return [[]];
  return list.flatMap((one, at) => combinations(list.slice(at + 1), size - 1).map((others) => [one, ...others]));
}

/** The standard deviation, to three digits as upstream compares it. */
function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.round(Math.sqrt(squares / values.length) * 1000) / 1000;
}
