import type { CpuSet } from '../resources/cpu-set.ts';
import type { Cpu } from './machine-topology.ts';

/** Options for choosing CPUs. */
interface ChoiceStyle {
  /** Prefer threads of different cores to threads of one. */
  readonly acrossCores?: boolean;
  /** Prefer CPUs that share a cache, if there are enough. */
  readonly byCache?: boolean;
}

type Place = 'numa' | 'socket' | 'core' | 'cache';

/**
 * Chooses CPUs that are close together (upstream: takeByTopologyNUMAPacked): whole NUMA nodes or sockets, then whole
 * cores, then threads, preferring those already partly in use. Undefined when there are too few.
 */
export function chooseCpus(
  all: readonly Cpu[],
  free: CpuSet,
  count: number,
  { acrossCores = false, byCache = false }: ChoiceStyle = {},
): readonly number[] | undefined {
  if (free.size < count) return undefined;
  const chosen: number[] = [];
  const left = new Set(free);
  const take = (cpus: readonly Cpu[]): void => {
    for (const { id } of cpus) {
      chosen.push(id);
      left.delete(id);
    }
  };
  const missing = (): number => count - chosen.length;
  const takeWholes = (place: Place): void => {
    for (const cpus of wholes(all, left, place)) if (cpus.length <= missing()) take(cpus);
  };
  // The larger of the two first: there are sockets with several NUMA nodes, and nodes with several sockets.
  const sockets = new Set(all.map(({ socket }) => socket)).size;
  const nodes = new Set(all.map(({ numa }) => numa)).size;
  for (const place of sockets >= nodes ? (['numa', 'socket'] as const) : (['socket', 'numa'] as const))
    takeWholes(place);
  if (byCache) {
    takeWholes('cache');
    const fitting = groupsOf(all, 'cache')
      .map((cpus) => cpus.filter(({ id }) => left.has(id)))
      .filter((cpus) => cpus.length >= missing());
    const [tightest] = fitting.sort((a, b) => a.length - b.length || first(a) - first(b));
    if (missing() > 0 && tightest) {
      const within = chooseCpus(tightest, new Set(tightest.map(({ id }) => id)), missing(), { acrossCores }) ?? [];
      take(all.filter(({ id }) => within.includes(id)));
    }
  }
  if (!acrossCores) takeWholes('core');
  if (missing() > 0) take((acrossCores ? spread(all, left) : singles(all, left)).slice(0, missing()));
  return chosen.sort((a, b) => a - b);
}

const groupsOf = (all: readonly Cpu[], place: Place): readonly (readonly Cpu[])[] => [
  ...Map.groupBy(all, (cpu) => cpu[place] ?? 0).values(),
];

/** Groups with only free threads; those in the fullest surroundings first. */
function wholes(all: readonly Cpu[], free: CpuSet, place: Place): readonly (readonly Cpu[])[] {
  const around = freeBy(all, free, 'socket');
  return groupsOf(all, place)
    .filter((cpus) => cpus.every(({ id }) => free.has(id)))
    .sort((a, b) => (around.get(a[0]?.socket ?? 0) ?? 0) - (around.get(b[0]?.socket ?? 0) ?? 0) || first(a) - first(b));
}

/** Free threads; those of the fullest socket, then of the fullest core, first. */
function singles(all: readonly Cpu[], free: CpuSet): readonly Cpu[] {
  const sockets = freeBy(all, free, 'socket');
  const cores = freeBy(all, free, 'core');
  return all
    .filter(({ id }) => free.has(id))
    .sort(
      (a, b) =>
        (sockets.get(a.socket) ?? 0) - (sockets.get(b.socket) ?? 0) ||
        (cores.get(a.core) ?? 0) - (cores.get(b.core) ?? 0) ||
        a.id - b.id,
    );
}

/** Free threads of the fullest socket first, taking one of each core before a second of any. */
function spread(all: readonly Cpu[], free: CpuSet): readonly Cpu[] {
  const sockets = freeBy(all, free, 'socket');
  const turn = new Map<number, number>();
  for (const cpus of groupsOf(all, 'core')) for (const [at, { id }] of cpus.entries()) turn.set(id, at);
  return all
    .filter(({ id }) => free.has(id))
    .sort(
      (a, b) =>
        (sockets.get(a.socket) ?? 0) - (sockets.get(b.socket) ?? 0) ||
        a.socket - b.socket ||
        (turn.get(a.id) ?? 0) - (turn.get(b.id) ?? 0) ||
        a.id - b.id,
    );
}

function freeBy(all: readonly Cpu[], free: CpuSet, place: 'socket' | 'core'): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const cpu of all) if (free.has(cpu.id)) counts.set(cpu[place], (counts.get(cpu[place]) ?? 0) + 1);
  return counts;
}

const first = (cpus: readonly Cpu[]): number => Math.min(...cpus.map(({ id }) => id));
