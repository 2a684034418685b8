import type { CpuSet } from './cpu-set.ts';
import type { Cpu } from './machine-topology.ts';

/**
 * Chooses processors that sit close together (upstream: takeByTopologyNUMAPacked): whole NUMA nodes or sockets, then whole cores, then
 * threads, and always of what is broken into already. Undefined when there are too few.
 */
export function chooseCpus(all: readonly Cpu[], free: CpuSet, count: number): readonly number[] | undefined {
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
  for (const place of ['numa', 'socket', 'core'] as const) {
    for (const cpus of wholes(all, left, place)) if (cpus.length <= missing()) take(cpus);
  }
  if (missing() > 0) take(singles(all, left).slice(0, missing()));
  return chosen.sort((a, b) => a - b);
}

/** Groups of which every thread is free; those whose surroundings have the least left come first. */
function wholes(all: readonly Cpu[], free: CpuSet, place: 'numa' | 'socket' | 'core'): readonly (readonly Cpu[])[] {
  const groups = [...Map.groupBy(all, (cpu) => cpu[place]).values()];
  const around = freeBy(all, free, 'socket');
  return groups
    .filter((cpus) => cpus.every(({ id }) => free.has(id)))
    .sort((a, b) => (around.get(a[0]?.socket ?? 0) ?? 0) - (around.get(b[0]?.socket ?? 0) ?? 0) || first(a) - first(b));
}

/** Free threads; those of the fullest socket and then of the fullest core come first. */
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

function freeBy(all: readonly Cpu[], free: CpuSet, place: 'socket' | 'core'): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const cpu of all) if (free.has(cpu.id)) counts.set(cpu[place], (counts.get(cpu[place]) ?? 0) + 1);
  return counts;
}

const first = (cpus: readonly Cpu[]): number => Math.min(...cpus.map(({ id }) => id));
