import { isPodActive, isPodAvailable, isPodReady } from '@typernetes/api';
import type { ReplicaSet, ReplicaSetCondition, ReplicaSetStatus } from '@typernetes/api/apps/v1';
import type { Pod } from '@typernetes/api/core/v1';
import { isConditionTrue, withCondition, withoutCondition } from '@typernetes/machinery';
import { inDeletionOrder } from '../pods/deletion-order.ts';

/** At most so many pods are created or deleted at once. */
const burstReplicas = 500;

export interface ReplicaPlan {
  readonly create: number;
  readonly remove: readonly Pod[];
}

/** `related` are the pods of sibling ReplicaSets too: where many of them share a node, one is taken from there. */
export function planReplicas(rs: ReplicaSet, owned: readonly Pod[], related: readonly Pod[] = owned): ReplicaPlan {
  if (rs.metadata.deletionTimestamp !== undefined) return { create: 0, remove: [] };
  const active = owned.filter(isPodActive);
  const missing = (rs.spec.replicas ?? 1) - active.length;
  if (missing >= 0) return { create: Math.min(missing, burstReplicas), remove: [] };
  return { create: 0, remove: inDeletionOrder(active, related).slice(0, Math.min(-missing, burstReplicas)) };
}

/** A failure to manage the pods, as the ReplicaFailure condition tells it. */
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
  // The first failure stays: its text may name a pod of random name, and a status that changes each time would wake us each time.
  if (isConditionTrue(current, 'ReplicaFailure')) return [...(current ?? [])];
  return withCondition(current, { type: 'ReplicaFailure', status: 'True', ...failure }, { now });
}
