import { isPodActive, isPodAvailable, isPodReady } from '@typernetes/api';
import type { ReplicaSet, ReplicaSetCondition, ReplicaSetStatus } from '@typernetes/api/apps/v1';
import type { Pod } from '@typernetes/api/core/v1';
import { isConditionTrue, withCondition, withoutCondition } from '@typernetes/machinery';
import { inDeletionOrder } from '../pods/deletion-order.ts';

/** How many pods are created or deleted in one round at most. */
const burstReplicas = 500;

export interface ReplicaPlan {
  readonly create: number;
  readonly remove: readonly Pod[];
}

/** `related` also includes the pods of sibling ReplicaSets: pods on nodes with many of them are deleted first. */
export function planReplicas(rs: ReplicaSet, owned: readonly Pod[], related: readonly Pod[] = owned): ReplicaPlan {
  if (rs.metadata.deletionTimestamp !== undefined) return { create: 0, remove: [] };
  const active = owned.filter(isPodActive);
  const missing = (rs.spec.replicas ?? 1) - active.length;
  if (missing >= 0) return { create: Math.min(missing, burstReplicas), remove: [] };
  return { create: 0, remove: inDeletionOrder(active, related).slice(0, Math.min(-missing, burstReplicas)) };
}

/** A failure to create or delete pods, as in the ReplicaFailure condition. */
export interface ReplicaFailure {
  readonly reason: 'FailedCreate' | 'FailedDelete';
  readonly message: string;
}

export function replicaSetStatus(
  rs: ReplicaSet,
  owned: readonly Pod[],
  { now, timestamp, failure }: { readonly now: number; readonly timestamp: string; readonly failure?: ReplicaFailure },
): ReplicaSetStatus {
  const minReadySeconds = rs.spec.minReadySeconds ?? 0;
  const active = owned.filter(isPodActive);
  const wanted = Object.entries(rs.spec.template?.metadata?.labels ?? {});
  const labeled = active.filter(({ metadata }) => wanted.every(([name, value]) => metadata.labels?.[name] === value));
  const ready = active.filter(isPodReady);
  const available = ready.filter((pod) => isPodAvailable(pod, { minReadySeconds, now }));
  const terminating = owned.filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
  const conditions = failureConditions(rs.status?.conditions, failure, timestamp);
  return {
    replicas: active.length,
    ...(labeled.length > 0 ? { fullyLabeledReplicas: labeled.length } : {}),
    ...(ready.length > 0 ? { readyReplicas: ready.length } : {}),
    ...(available.length > 0 ? { availableReplicas: available.length } : {}),
    terminatingReplicas: terminating.length,
    observedGeneration: rs.metadata.generation ?? 0,
    ...(conditions.length > 0 ? { conditions } : {}),
  };
}

function failureConditions(
  current: readonly ReplicaSetCondition[] | undefined,
  failure: ReplicaFailure | undefined,
  now: string,
): ReplicaSetCondition[] {
  if (!failure) return withoutCondition(current, 'ReplicaFailure');
  // Keep the first failure: messages may contain random pod names, and a status that changes each time would requeue the object each time.
  if (isConditionTrue(current, 'ReplicaFailure')) return [...(current ?? [])];
  return withCondition(current, { type: 'ReplicaFailure', status: 'True', ...failure }, { now });
}
