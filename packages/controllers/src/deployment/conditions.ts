import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '@typernetes/api/apps/v1';
import { timestamp } from '@typernetes/base';
import { findCondition, parseTime, withoutCondition } from '@typernetes/machinery';
import { type Limits, total } from './strategy.ts';

/** The facts from which a Deployment's conditions are derived. */
interface StatusInput {
  readonly deployment: Deployment;
  readonly fresh: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
  readonly limits: Limits;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The new ReplicaSet was created in this round, or exists without a condition that says so. */
  readonly created?: string;
}

type Conditions = readonly DeploymentCondition[] | undefined;

/** Sets a condition unless it is set already; the transition time changes only with the status. */
function set(conditions: Conditions, next: DeploymentCondition, now: number): Conditions {
  const current = findCondition(conditions, next.type);
  if (current?.status === next.status && current?.reason === next.reason) return conditions;
  const at = timestamp(now);
  const lastTransitionTime = current?.status === next.status ? current.lastTransitionTime : at;
  return [...withoutCondition(conditions, next.type), { ...next, lastUpdateTime: at, lastTransitionTime }];
}

/** Sets an equal condition again: progress restarts the deadline. */
function renew(conditions: Conditions, next: DeploymentCondition, now: number): Conditions {
  const current = findCondition(conditions, next.type);
  const at = timestamp(now);
  const lastTransitionTime = current?.status === next.status ? current.lastTransitionTime : at;
  return [...withoutCondition(conditions, next.type), { ...next, lastUpdateTime: at, lastTransitionTime }];
}

export function deploymentStatus(input: StatusInput): DeploymentStatus {
  const { deployment, fresh, old, limits, now } = input;
  const all = fresh ? [...old, fresh] : old;
  const replicas = total(all, (rs) => rs.status?.replicas ?? 0);
  const available = total(all, (rs) => rs.status?.availableReplicas ?? 0);
  const counts = {
    replicas,
    updatedReplicas: fresh?.status?.replicas ?? 0,
    readyReplicas: total(all, (rs) => rs.status?.readyReplicas ?? 0),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, total(all, (rs) => rs.spec.replicas ?? 1) - available),
    terminatingReplicas: total(all, (rs) => rs.status?.terminatingReplicas ?? 0),
  };
  const { collisionCount } = deployment.status ?? {};
  let conditions: Conditions = deployment.status?.conditions;
  conditions = set(conditions, availability(available, limits), now);
  conditions = progressing(conditions, counts, input);
  conditions = failure(conditions, all, now);
  const shown = Object.entries(counts).filter(([name, count]) => count > 0 || name === 'terminatingReplicas');
  return {
    observedGeneration: deployment.metadata.generation ?? 0,
    ...Object.fromEntries(shown),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    ...(conditions && conditions.length > 0 ? { conditions: [...conditions] } : {}),
  };
}

function availability(available: number, { replicas, unavailable }: Limits): DeploymentCondition {
  return available >= replicas - unavailable
    ? {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      };
}

interface Counts {
  readonly replicas: number;
  readonly updatedReplicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
}

/** Upstream's value for "no deadline". */
const noDeadline = 2147483647;

function hasDeadline({ spec }: Deployment): boolean {
  return spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== noDeadline;
}

function progressing(conditions: Conditions, counts: Counts, input: StatusInput): Conditions {
  const { deployment, fresh, created, now } = input;
  if (!hasDeadline(deployment)) return withoutCondition(conditions, 'Progressing');
  const say = (status: 'True' | 'False' | 'Unknown', reason: string, message: string): DeploymentCondition => ({
    type: 'Progressing',
    status,
    reason,
    message,
  });
  const current = findCondition(conditions, 'Progressing');
  if (deployment.spec.paused) {
    if (current?.reason === 'ProgressDeadlineExceeded') return conditions;
    return set(conditions, say('Unknown', 'DeploymentPaused', 'Deployment is paused'), now);
  }
  if (current?.reason === 'DeploymentPaused')
    return set(conditions, say('Unknown', 'DeploymentResumed', 'Deployment is resumed'), now);
  if (created !== undefined)
    return set(conditions, say('True', 'NewReplicaSetCreated', `Created new replica set "${created}"`), now);
  const subject = fresh ? `ReplicaSet "${fresh.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  // A complete or progressing Deployment reports it at once: these counts are new only now.
  if (!current && fresh && !isComplete(deployment, counts) && !hasProgressed(deployment, counts))
    return set(conditions, say('True', 'FoundNewReplicaSet', `Found new replica set "${fresh.metadata.name}"`), now);
  const settled = counts.replicas === counts.updatedReplicas && current?.reason === 'NewReplicaSetAvailable';
  if (settled) return conditions;
  if (isComplete(deployment, counts))
    return set(conditions, say('True', 'NewReplicaSetAvailable', `${subject} has successfully progressed.`), now);
  if (hasProgressed(deployment, counts))
    return renew(conditions, say('True', 'ReplicaSetUpdated', `${subject} is progressing.`), now);
  if (isTimedOut(deployment, current, now))
    return set(conditions, say('False', 'ProgressDeadlineExceeded', `${subject} has timed out progressing.`), now);
  return conditions;
}

export function isComplete({ spec }: Deployment, counts: Partial<Counts>): boolean {
  const replicas = spec.replicas ?? 1;
  const { updatedReplicas = 0, replicas: all = 0, availableReplicas = 0 } = counts;
  return updatedReplicas === replicas && all === replicas && availableReplicas === replicas;
}

function hasProgressed({ status }: Deployment, counts: Counts): boolean {
  const before = { replicas: 0, updatedReplicas: 0, readyReplicas: 0, availableReplicas: 0, ...status };
  const oldOnes = (of: Counts): number => of.replicas - of.updatedReplicas;
  return (
    counts.updatedReplicas > before.updatedReplicas ||
    oldOnes(counts) < oldOnes(before) ||
    counts.readyReplicas > before.readyReplicas ||
    counts.availableReplicas > before.availableReplicas
  );
}

function isTimedOut({ spec }: Deployment, current: DeploymentCondition | undefined, now: number): boolean {
  if (!current || current.reason === 'NewReplicaSetAvailable') return false;
  if (current.reason === 'ProgressDeadlineExceeded') return true;
  return parseTime(current.lastUpdateTime ?? '') + (spec.progressDeadlineSeconds ?? noDeadline) * 1000 < now;
}

/** When to look again whether the deadline has passed; undefined when nothing is under way. */
export function deadlineCheckMs(deployment: Deployment, status: DeploymentStatus, now: number): number | undefined {
  const { paused, progressDeadlineSeconds = noDeadline } = deployment.spec;
  const current = findCondition(status.conditions, 'Progressing');
  if (!hasDeadline(deployment) || paused || !current) return undefined;
  if (current.status === 'False' || isComplete(deployment, status)) return undefined;
  return Math.max(0, parseTime(current.lastUpdateTime ?? '') + progressDeadlineSeconds * 1000 - now) + 1000;
}

function failure(conditions: Conditions, sets: readonly ReplicaSet[], now: number): Conditions {
  const failures = sets.flatMap((rs) => findCondition(rs.status?.conditions, 'ReplicaFailure') ?? []);
  const latest = failures.at(-1); // the new ReplicaSet is the last of them
  if (!latest) return withoutCondition(conditions, 'ReplicaFailure');
  const { status, reason, message } = latest;
  return set(conditions, { type: 'ReplicaFailure', status, reason, message }, now);
}
