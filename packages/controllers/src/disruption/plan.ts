import { isPodReady } from '@typernetes/api';
import type { Pod } from '@typernetes/api/core/v1';
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '@typernetes/api/policy/v1';
import { type Condition, findCondition, jsonEqual, parseTime, resolveIntOrPercent } from '@typernetes/machinery';

/** An eviction that has not led to a deletion after this time counts as failed. */
export const deletionTimeoutMs = 120_000;

/** How many pods there should be, and how many of them healthy. */
interface Expectation {
  readonly expectedPods: number;
  readonly desiredHealthy: number;
}

/** Whether the budget's numbers depend on the replicas that the pods' owners want. */
export function needsScale({ spec }: PodDisruptionBudget): boolean {
  return spec.maxUnavailable !== undefined || typeof spec.minAvailable === 'string';
}

/** `scale` is the sum of what the owners want, `count` the number of pods that match. */
export function expectation(
  { spec }: PodDisruptionBudget,
  { scale, count }: { readonly scale: number; readonly count: number },
): Expectation {
  const { maxUnavailable, minAvailable } = spec;
  const of = (value: number | string): number => resolveIntOrPercent(value, { total: scale, roundUp: true });
  if (maxUnavailable !== undefined) {
    return { expectedPods: scale, desiredHealthy: Math.max(0, scale - of(maxUnavailable)) };
  }
  if (typeof minAvailable === 'number') return { expectedPods: count, desiredHealthy: minAvailable };
  if (minAvailable !== undefined) return { expectedPods: scale, desiredHealthy: of(minAvailable) };
  return { expectedPods: 0, desiredHealthy: 0 };
}

interface BudgetPlan {
  readonly status: PodDisruptionBudgetStatus;
  /** Pods whose eviction failed. */
  readonly notDeleted: readonly Pod[];
  /** When the next eviction in progress counts as failed. */
  readonly recheckAfterMs?: number;
}

export function planBudget(
  budget: PodDisruptionBudget,
  pods: readonly Pod[],
  { expectedPods, desiredHealthy, now, timestamp }: Expectation & { readonly now: number; readonly timestamp: string },
): BudgetPlan {
  const disruptedPods: Record<string, string> = {};
  const notDeleted: Pod[] = [];
  const waits: number[] = [];
  for (const pod of pods) {
    const at = budget.status?.disruptedPods?.[pod.metadata.name];
    if (at === undefined || pod.metadata.deletionTimestamp !== undefined) continue;
    const left = parseTime(at) + deletionTimeoutMs - now;
    if (left < 0) notDeleted.push(pod);
    else {
      disruptedPods[pod.metadata.name] = at;
      waits.push(left);
    }
  }
  const isHealthy = (pod: Pod): boolean =>
    pod.metadata.deletionTimestamp === undefined && !(pod.metadata.name in disruptedPods) && isPodReady(pod);
  const currentHealthy = pods.filter(isHealthy).length;
  const disruptionsAllowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0;
  const status = {
    observedGeneration: budget.metadata.generation ?? 0,
    ...(waits.length > 0 ? { disruptedPods } : {}),
    disruptionsAllowed,
    currentHealthy,
    desiredHealthy,
    expectedPods,
  };
  const reason = disruptionsAllowed > 0 ? 'SufficientPods' : 'InsufficientPods';
  const conditions = withAllowed(budget, { allowed: disruptionsAllowed > 0, reason, message: '', timestamp });
  return {
    status: { ...status, conditions },
    notDeleted,
    ...(waits.length > 0 ? { recheckAfterMs: Math.min(...waits) + 1 } : {}),
  };
}

/** If the numbers are unknown, no disruption is allowed. */
export function failSafe(
  budget: PodDisruptionBudget,
  { message, timestamp }: { readonly message: string; readonly timestamp: string },
): PodDisruptionBudgetStatus {
  const conditions = withAllowed(budget, { allowed: false, reason: 'SyncFailed', message, timestamp });
  const { currentHealthy = 0, desiredHealthy = 0, expectedPods = 0, ...status } = budget.status ?? {};
  return { ...status, currentHealthy, desiredHealthy, expectedPods, disruptionsAllowed: 0, conditions };
}

function withAllowed(
  { metadata, status }: PodDisruptionBudget,
  { allowed, reason, message, timestamp }: { allowed: boolean; reason: string; message: string; timestamp: string },
): Condition[] {
  const type = 'DisruptionAllowed';
  const known = findCondition(status?.conditions, type);
  const value = allowed ? 'True' : 'False';
  const next: Condition = {
    type,
    status: value,
    observedGeneration: metadata.generation ?? 0,
    lastTransitionTime: known?.status === value ? known.lastTransitionTime : timestamp,
    reason,
    message,
  };
  const others = (status?.conditions ?? []).filter((condition) => condition.type !== type);
  return known && jsonEqual(known, next) ? [...(status?.conditions ?? [])] : [...others, next];
}
