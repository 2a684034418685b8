import type { ContainerRecord, PodRecord, SandboxRecord } from '../runtime/pod-record.ts';

/**
 * How many ended instances of each container are kept, for their logs and exit codes (upstream: MaxPerPodContainer).
 */
const keptLives = 1;

/** The ended containers and sandboxes of a pod that can be removed. */
interface Surplus {
  readonly containers: readonly ContainerRecord[];
  readonly sandboxes: readonly SandboxRecord[];
}

/** Ended containers except the newest of each, and old sandboxes that become empty. */
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
