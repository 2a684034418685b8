import type { StatefulSet, StatefulSetStatus } from '@typernetes/api/apps/v1';
import type { Pod } from '@typernetes/api/core/v1';
import { revisionLabel } from './identity.ts';
import { isLeaving, isRunningAndAvailable, isRunningAndReady } from './pod-states.ts';

interface StatusView {
  readonly set: StatefulSet;
  readonly pods: readonly Pod[];
  /** Names of the revisions. */
  readonly current: string;
  readonly update: string;
  readonly collisionCount: number;
  /** Pods that an update has just taken away. */
  readonly taken: number;
  readonly now: number;
}

export function statefulSetStatus(view: StatusView): StatefulSetStatus {
  const { set, pods, now, collisionCount } = view;
  const created = pods.filter(({ status }) => status?.phase);
  const at = (revision: string): number =>
    created.filter((pod) => !isLeaving(pod) && pod.metadata.labels?.[revisionLabel] === revision).length;
  const ready = created.filter(isRunningAndReady).length;
  const counts = {
    replicas: created.length,
    readyReplicas: ready,
    availableReplicas: created.filter((pod) => isRunningAndAvailable(set, pod, now)).length,
    currentReplicas: at(view.current) - view.taken,
    updatedReplicas: at(view.update),
  };
  const revisions = { currentRevision: view.current, updateRevision: view.update };
  const wanted = set.spec.replicas ?? 1;
  const isRolling = (set.spec.updateStrategy?.type ?? 'RollingUpdate') === 'RollingUpdate';
  const { updatedReplicas, readyReplicas, replicas } = counts;
  if (isRolling && [updatedReplicas, readyReplicas, replicas].every((count) => count === wanted)) {
    counts.currentReplicas = updatedReplicas;
    revisions.currentRevision = view.update;
  }
  const { conditions } = set.status ?? {};
  return {
    observedGeneration: set.metadata.generation ?? 0,
    replicas: counts.replicas,
    ...(ready > 0 ? { readyReplicas: ready } : {}),
    ...(counts.currentReplicas > 0 ? { currentReplicas: counts.currentReplicas } : {}),
    ...(counts.updatedReplicas > 0 ? { updatedReplicas: counts.updatedReplicas } : {}),
    ...revisions,
    collisionCount,
    ...(conditions ? { conditions } : {}),
    availableReplicas: counts.availableReplicas,
  };
}
