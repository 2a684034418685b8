import type {
  DeviceRequestAllocationResult,
  DeviceTaint,
  DeviceToleration,
  ResourceClaim,
  ResourceSlice,
} from '@typernetes/api/resource/v1';

/** `driver/pool`: what the slices of a pool and the results of allocations have in common. */
export const poolOf = (driver: string, pool: string): string => `${driver}/${pool}`;

/** The pools of a claim's devices. */
export function poolsOf({ status }: ResourceClaim): string[] {
  const results = status?.allocation?.devices?.results ?? [];
  return [...new Set(results.map(({ driver, pool }) => poolOf(driver, pool)))];
}

/**
 * When the pods that use a claim must be evicted, in milliseconds since the epoch; undefined: never. A taint without a
 * time counts from `now`. A toleration without seconds holds for ever; otherwise the shortest counts.
 */
export function evictionTime(
  { status }: ResourceClaim,
  { slicesOf, now }: { readonly slicesOf: (pool: string) => readonly ResourceSlice[]; readonly now: number },
): number | undefined {
  let earliest: number | undefined;
  for (const result of status?.allocation?.devices?.results ?? []) {
    for (const taint of taintsOf(result, slicesOf(poolOf(result.driver, result.pool)))) {
      const stay = permittedStay(taint, result.tolerations ?? []);
      if (stay === Number.POSITIVE_INFINITY) continue;
      const at = (taint.timeAdded ? Date.parse(taint.timeAdded) : now) + stay;
      if (earliest === undefined || at < earliest) earliest = at;
    }
  }
  return earliest;
}

/** The device's taints with effect NoExecute, from the pool's newest slices. */
function taintsOf({ device }: DeviceRequestAllocationResult, slices: readonly ResourceSlice[]): DeviceTaint[] {
  const newest = Math.max(...slices.map(({ spec }) => spec.pool.generation));
  return slices
    .filter(({ spec }) => spec.pool.generation === newest)
    .flatMap(({ spec }) => (spec.devices ?? []).filter(({ name }) => name === device))
    .flatMap(({ taints }) => (taints ?? []).filter(({ effect }) => effect === 'NoExecute'));
}

function permittedStay(taint: DeviceTaint, tolerations: readonly DeviceToleration[]): number {
  const matching = tolerations.filter((toleration) => tolerates(toleration, taint));
  if (matching.length === 0) return 0;
  return Math.min(
    ...matching.map(({ tolerationSeconds: seconds }) =>
      seconds === undefined ? Number.POSITIVE_INFINITY : Math.max(Number(seconds), 0) * 1000,
    ),
  );
}

function tolerates({ key, operator = 'Equal', value, effect }: DeviceToleration, taint: DeviceTaint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  return operator === 'Exists' || (value ?? '') === (taint.value ?? '');
}
