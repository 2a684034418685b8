import type { Deployment, ReplicaSet } from '@typernetes/api/apps/v1';
import { desiredOf, maxOf } from './annotations.ts';
import { availableOf, byAge, type Limits, type Resize, sizeOf, total } from './strategy.ts';

/** Whether the Deployment was scaled since its ReplicaSets were. */
export function isScaling({ spec }: Deployment, sets: readonly ReplicaSet[]): boolean {
  return sets.some((rs) => {
    const desired = sizeOf(rs) > 0 ? desiredOf(rs) : undefined;
    return desired !== undefined && desired !== (spec.replicas ?? 1);
  });
}

/**
 * The sizes after a scale of the Deployment: a single ReplicaSet gets it all; in mid-rollout each grows or shrinks in
 * proportion to its size, and the largest takes the remainder of rounding.
 */
export function scaleInProportion(
  deployment: Deployment,
  { old, fresh }: { readonly old: readonly ReplicaSet[]; readonly fresh: ReplicaSet | undefined },
  limits: Limits,
): Resize[] {
  const all = fresh ? [...old, fresh] : [...old];
  const active = all.filter((rs) => sizeOf(rs) > 0);
  const only = active.length > 1 ? undefined : (active[0] ?? fresh ?? byAge(all).at(-1));
  if (only) return [{ rs: only, to: limits.replicas }];
  if (fresh && isSaturated(deployment, fresh)) return old.filter((rs) => sizeOf(rs) > 0).map((rs) => ({ rs, to: 0 }));
  if (deployment.spec.strategy?.type === 'Recreate') return [];

  const allowed = limits.replicas > 0 ? limits.replicas + limits.surge : 0;
  const toAdd = allowed - total(active, sizeOf);
  const ordered = bySize(active, toAdd > 0);
  let added = 0;
  const sizes = ordered.map((rs) => {
    const part = toAdd === 0 ? 0 : share(deployment, rs, { limits, left: toAdd - added });
    added += part;
    return { rs, to: sizeOf(rs) + part };
  });
  return sizes.map(({ rs, to }, i) => ({ rs, to: i === 0 ? Math.max(0, to + toAdd - added) : to }));
}

/** The largest first; of equals, the newest when growing and the oldest when shrinking. */
function bySize(sets: readonly ReplicaSet[], growing: boolean): readonly ReplicaSet[] {
  const aged = growing ? [...byAge(sets)].reverse() : byAge(sets);
  return [...aged].sort((a, b) => sizeOf(b) - sizeOf(a));
}

function share(
  deployment: Deployment,
  rs: ReplicaSet,
  { limits, left }: { readonly limits: Limits; readonly left: number },
): number {
  const size = sizeOf(rs);
  if (size === 0 || left === 0) return 0;
  const before = maxOf(rs) || deployment.status?.replicas || 0;
  const max = limits.replicas === 0 ? 0 : limits.replicas + limits.surge;
  const fraction = before === 0 ? 0 : Math.round((size * max) / before) - size;
  return left > 0 ? Math.min(fraction, left) : Math.max(fraction, left);
}

/** The new ReplicaSet has all replicas and they are available: the old ones are leftovers. */
function isSaturated({ spec }: Deployment, fresh: ReplicaSet): boolean {
  const replicas = spec.replicas ?? 1;
  return sizeOf(fresh) === replicas && desiredOf(fresh) === replicas && availableOf(fresh) === replicas;
}
