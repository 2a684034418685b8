/**
 * Output for `kubectl get pods -w -o jsonpath=...`: a line per change, with the pod's name, its deletion time, and
 * whether it is ready.
 */
export const podLines =
  '{.metadata.name} {.metadata.deletionTimestamp} {.status.conditions[?(@.type=="Ready")].status}{"\\n"}';

/** Counted after all replicas were seen: the lowest number of ready pods and the highest of pods not being deleted. */
export function lowestAndHighest(
  watched: string,
  { replicas }: { replicas: number },
): { available: number; active: number } {
  const pods = new Map<string, { deleted: boolean; ready: boolean }>();
  let available = Number.POSITIVE_INFINITY;
  let active = 0;
  for (const line of watched.trim().split('\n')) {
    const [name = '', deletedAt, ready] = line.split(' ');
    pods.set(name, { deleted: deletedAt !== '', ready: ready === 'True' });
    if (pods.size < replicas) continue;
    const alive = [...pods.values()].filter(({ deleted }) => !deleted);
    available = Math.min(available, alive.filter((pod) => pod.ready).length);
    active = Math.max(active, alive.length);
  }
  return { available, active };
}
