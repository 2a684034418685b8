import type { ContainerRecord, PodRecord, SandboxRecord } from '../runtime/pod-record.ts';

/** Of each container this many ended lives are kept, for their logs and exit codes (upstream: MaxPerPodContainer). */
const keptLives = 1;

/** What of a pod's past is not needed any more. */
export interface Surplus {
  readonly containers: readonly ContainerRecord[];
  readonly sandboxes: readonly SandboxRecord[];
}

/** Ended containers beyond the newest ended one of each, and old sandboxes in which nothing is left then. */
export function surplusOf(record: PodRecord): Surplus {
  const kept = new Map<string, number>();
  const containers = record.containers.filter(({ name, state }) => {
    if (state !== 'exited' && state !== 'unknown') return false;
    const count = kept.get(name) ?? 0;
    kept.set(name, count + 1);
    return count >= keptLives;
  });
  const gone = new Set(containers.map(({ id }) => id));
  const used = new Set(record.containers.filter(({ id }) => !gone.has(id)).map(({ sandboxId }) => sandboxId));
  const sandboxes = record.sandboxes.slice(1).filter(({ id, ready }) => !ready && !used.has(id));
  return { containers, sandboxes };
}
