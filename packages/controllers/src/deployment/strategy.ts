import type { Deployment, ReplicaSet } from '@typernetes/api/apps/v1';
import { resolveIntOrPercent } from '@typernetes/machinery';

/** A ReplicaSet and its new size. */
export interface Resize {
  readonly rs: ReplicaSet;
  readonly to: number;
}

export const sizeOf = (rs: ReplicaSet): number => rs.spec.replicas ?? 1;
/** From its last status; after a resize that may refer to the previous size. */
export const availableOf = (rs: ReplicaSet): number => rs.status?.availableReplicas ?? 0;
export const total = (sets: readonly ReplicaSet[], count: (rs: ReplicaSet) => number): number =>
  sets.reduce((sum, rs) => sum + count(rs), 0);
export const byAge = (sets: readonly ReplicaSet[]): readonly ReplicaSet[] =>
  [...sets].sort(
    (a, b) =>
      compareTexts(a.metadata.creationTimestamp, b.metadata.creationTimestamp) ||
      compareTexts(a.metadata.name, b.metadata.name),
  );
const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export interface Limits {
  readonly replicas: number;
  readonly surge: number;
  readonly unavailable: number;
}

/** Percentages round in favour of progress and safety: surge up, unavailable down; if both come to 0, one may be unavailable. */
export function limitsOf({ spec }: Deployment): Limits {
  const replicas = spec.replicas ?? 1;
  if (spec.strategy?.type === 'Recreate') return { replicas, surge: 0, unavailable: 0 };
  const { maxSurge = '25%', maxUnavailable = '25%' } = spec.strategy?.rollingUpdate ?? {};
  const surge = resolveIntOrPercent(maxSurge, { total: replicas, roundUp: true });
  const unavailable = resolveIntOrPercent(maxUnavailable, { total: replicas, roundUp: false });
  return {
    replicas,
    surge,
    unavailable: Math.min(replicas, surge === 0 && unavailable === 0 ? 1 : unavailable),
  };
}

/** The size of the new ReplicaSet in the next step of a rolling update. */
export function newSize(current: number, totalSize: number, { replicas, surge }: Limits): number {
  if (current >= replicas) return replicas;
  const room = replicas + surge - totalSize;
  return room <= 0 ? current : current + Math.min(room, replicas - current);
}

/**
 * The reliable count while a status lags behind a resize: pods beyond the new size are about to be deleted, and a new
 * ReplicaSet whose size the status has not seen yet may have lost all pods that it counts. Upstream fails and retries
 * in such cases.
 */
const survivingOf = (rs: ReplicaSet): number => Math.min(availableOf(rs), sizeOf(rs));
const confirmedOf = (rs: ReplicaSet): number =>
  (rs.status?.observedGeneration ?? 0) >= (rs.metadata.generation ?? 0) ? survivingOf(rs) : 0;

/**
 * How far the old ReplicaSets may shrink now without fewer available pods than promised: first by their unavailable
 * pods, then, oldest first, by the excess of available ones.
 */
export function shrinkOld(old: readonly ReplicaSet[], fresh: ReplicaSet, limits: Limits): Resize[] {
  const minAvailable = limits.replicas - limits.unavailable;
  const freshUnavailable = sizeOf(fresh) - confirmedOf(fresh);
  let mayGo = total([...old, fresh], sizeOf) - minAvailable - freshUnavailable;
  if (mayGo <= 0) return [];
  const sizes = new Map(old.map((rs) => [rs, sizeOf(rs)]));
  const shrink = (rs: ReplicaSet, by: number): number => {
    const taken = Math.max(0, by);
    sizes.set(rs, (sizes.get(rs) ?? 0) - taken);
    return taken;
  };
  for (const rs of byAge(old)) mayGo -= shrink(rs, Math.min(mayGo, sizeOf(rs) - survivingOf(rs)));
  let excess = Math.min(mayGo, total(old, survivingOf) + confirmedOf(fresh) - minAvailable);
  for (const rs of byAge(old)) excess -= shrink(rs, Math.min(excess, sizes.get(rs) ?? 0));
  return old.flatMap((rs) => (sizes.get(rs) === sizeOf(rs) ? [] : [{ rs, to: sizes.get(rs) ?? 0 }]));
}
