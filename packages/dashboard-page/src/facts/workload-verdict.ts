import type { DaemonSet, Deployment, ReplicaSet, StatefulSet } from '@typernetes/api/apps/v1';
import type { CronJob, Job } from '@typernetes/api/batch/v1';
import { findCondition } from '@typernetes/machinery';
import { type Verdict, verdict } from './verdict.ts';

/** `2 of 3 pods are ready`. */
const count = (have: number, want: number, what: string): string =>
  `${have} of ${want} ${want === 1 ? 'pod is' : 'pods are'} ${what}`;

export function deploymentVerdict({ metadata, spec, status = {} }: Deployment): Verdict {
  const want = spec?.replicas ?? 1;
  const { updatedReplicas: updated = 0, availableReplicas: available = 0, replicas = 0 } = status;
  const progressing = findCondition(status.conditions, 'Progressing');
  const failure = findCondition(status.conditions, 'ReplicaFailure');
  if (failure?.status === 'True') return verdict('bad', failure.reason ?? 'ReplicaFailure', failure.message);
  if (progressing?.status === 'False')
    return verdict(
      'bad',
      progressing.reason ?? 'NotProgressing',
      progressing.message,
      count(available, want, 'available'),
    );
  if (spec?.paused) return verdict('busy', 'Paused', 'Its rollout is paused: changes of its template wait');
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0))
    return verdict('busy', 'Waiting', 'Its latest change has not been looked at yet');
  if (updated < want) return verdict('busy', 'RollingOut', count(updated, want, 'of the new revision'));
  if (replicas > updated) return verdict('busy', 'RollingOut', `${replicas - updated} of an old revision are left`);
  if (available < want) return verdict('busy', 'NotReady', count(available, want, 'available'));
  return want === 0 ? verdict('off', 'ScaledToZero') : verdict('ok', 'Available');
}

export function replicaSetVerdict({ spec, status }: ReplicaSet): Verdict {
  const want = spec?.replicas ?? 1;
  const ready = status?.readyReplicas ?? 0;
  const failure = findCondition(status?.conditions, 'ReplicaFailure');
  if (failure?.status === 'True') return verdict('bad', failure.reason ?? 'ReplicaFailure', failure.message);
  if (want === 0) return verdict('off', 'ScaledToZero');
  return ready < want ? verdict('busy', 'NotReady', count(ready, want, 'ready')) : verdict('ok', 'Ready');
}

export function statefulSetVerdict({ metadata, spec, status }: StatefulSet): Verdict {
  const want = spec?.replicas ?? 1;
  const ready = status?.readyReplicas ?? 0;
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0))
    return verdict('busy', 'Waiting', 'Its latest change has not been looked at yet');
  if (ready < want) return verdict('busy', 'NotReady', count(ready, want, 'ready'));
  const partition = spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
  const isRolling = status?.updateRevision !== undefined && status.updateRevision !== status.currentRevision;
  if (isRolling && spec?.updateStrategy?.type !== 'OnDelete' && (status?.updatedReplicas ?? 0) < want - partition)
    return verdict('busy', 'RollingOut', count(status?.updatedReplicas ?? 0, want - partition, 'of the new revision'));
  return want === 0 ? verdict('off', 'ScaledToZero') : verdict('ok', 'Ready');
}

export function daemonSetVerdict({ metadata, spec, status }: DaemonSet): Verdict {
  const want = status?.desiredNumberScheduled ?? 0;
  const ready = status?.numberReady ?? 0;
  const updated = status?.updatedNumberScheduled ?? 0;
  const misplaced = status?.numberMisscheduled ?? 0;
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0))
    return verdict('busy', 'Waiting', 'Its latest change has not been looked at yet');
  if (ready < want) return verdict('busy', 'NotReady', count(ready, want, 'ready'));
  if (updated < want && spec?.updateStrategy?.type !== 'OnDelete')
    return verdict('busy', 'RollingOut', count(updated, want, 'of the new revision'));
  if (misplaced > 0) return verdict('busy', 'Misplaced', `${misplaced} of its pods are on nodes that should have none`);
  return want === 0 ? verdict('off', 'NoNodes', 'No node is to have a pod of it') : verdict('ok', 'Ready');
}

export function jobVerdict({ spec, status = {} }: Job): Verdict {
  const failed = findCondition(status.conditions, 'Failed');
  if (failed?.status === 'True') return verdict('bad', failed.reason ?? 'Failed', failed.message);
  if (findCondition(status.conditions, 'Complete')?.status === 'True') return verdict('off', 'Complete');
  if (spec?.suspend) return verdict('off', 'Suspended');
  const attempts = status.failed ?? 0;
  const done = `${status.succeeded ?? 0} of ${spec?.completions ?? spec?.parallelism ?? 1} completed`;
  return verdict('busy', 'Running', done, attempts > 0 ? `${attempts} pods have failed so far` : undefined);
}

export function cronJobVerdict({ spec, status = {} }: CronJob): Verdict {
  if (spec?.suspend) return verdict('off', 'Suspended');
  const active = status.active?.length ?? 0;
  if (active > 0) return verdict('busy', 'Active', `${active} ${active === 1 ? 'job runs' : 'jobs run'} now`);
  return verdict(
    'ok',
    'Scheduled',
    status.lastScheduleTime ? `Last run: ${status.lastScheduleTime}` : 'It has not run yet',
  );
}
