import type { Deployment, ReplicaSet } from '@typernetes/api/apps/v1';
import type { Pod, PodTemplateSpec } from '@typernetes/api/core/v1';
import { controllerOf, controllerReference, type Draft, jsonEqual, objectHash } from '@typernetes/machinery';
import { newReplicaSetAnnotations, revisionOf, scaleAnnotations } from './annotations.ts';
import { isComplete } from './conditions.ts';
import { isScaling, scaleInProportion } from './proportions.ts';
import { byAge, type Limits, limitsOf, newSize, type Resize, shrinkOld, sizeOf, total } from './strategy.ts';

const hashLabel = 'pod-template-hash';

/** The writes to make, in this order. Scaling emits events; annotating does not. */
export interface DeploymentPlan {
  readonly fresh: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
  readonly limits: Limits;
  readonly create?: Draft<ReplicaSet>;
  readonly annotate?: { readonly rs: ReplicaSet; readonly annotations: Readonly<Record<string, string>> };
  readonly resize: readonly Resize[];
  readonly remove: readonly ReplicaSet[];
  /** The revision to show on the Deployment. */
  readonly revision?: bigint;
}

interface DeploymentView {
  readonly deployment: Deployment;
  readonly replicaSets: readonly ReplicaSet[];
  /** Pods of all its ReplicaSets: only Recreate asks. */
  readonly pods: () => readonly Pod[];
}

export function planDeployment({ deployment, replicaSets, pods }: DeploymentView): DeploymentPlan {
  const { spec, metadata } = deployment;
  const limits = limitsOf(deployment);
  const found = findFresh(deployment, replicaSets);
  const old = replicaSets.filter((rs) => rs !== found);
  const seen = { fresh: found, old, limits };
  const idle: DeploymentPlan = { ...seen, resize: [], remove: [] };
  if (metadata.deletionTimestamp !== undefined) return idle;
  const revision = latest(old.map(revisionOf)) + 1n;
  const shown = found ? latest([revision, revisionOf(found)]) : revision;
  const annotate = found ? handedOn(deployment, found, revision) : {};
  if (spec.paused || isScaling(deployment, replicaSets)) {
    const resize = effective(scaleInProportion(deployment, seen, limits), limits);
    const remove = spec.paused ? beyondHistory(deployment, seen) : [];
    return { ...idle, ...annotate, resize, remove, ...(found ? { revision: shown } : {}) };
  }
  if (spec.strategy?.type === 'Recreate') {
    const shrink = changed(old.map((rs) => ({ rs, to: 0 })));
    if (shrink.length > 0) return { ...idle, resize: shrink };
    if (hasOldPods(found, pods())) return idle;
  }
  if (!found) return { ...idle, create: draftOf(deployment, { limits, old, revision }), revision: shown };

  const size = targetSize(deployment, found, { limits, old });
  const grow = changed([{ rs: found, to: size }]);
  const running = old.filter((rs) => sizeOf(rs) > 0);
  const resize = grow.length > 0 ? grow : changed(shrinkOld(running, found, limits));
  const done = resize.length === 0 && isComplete(deployment, deployment.status ?? {});
  return { ...idle, ...annotate, resize, remove: done ? beyondHistory(deployment, seen) : [], revision: shown };
}

/** The annotations for the ReplicaSet of the current template, also while nothing is rolled out. */
function handedOn(deployment: Deployment, rs: ReplicaSet, revision: bigint): Pick<DeploymentPlan, 'annotate'> {
  const annotations = newReplicaSetAnnotations(deployment, { rs, revision });
  return jsonEqual(annotations, rs.metadata.annotations ?? {}) ? {} : { annotate: { rs, annotations } };
}

function latest(revisions: readonly bigint[]): bigint {
  return revisions.reduce((most, one) => (one > most ? one : most), 0n);
}

/** The ReplicaSet of the current template, whatever its hash was made from; of several, the oldest. */
function findFresh({ spec }: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  const wanted = withoutHash(spec.template);
  return byAge(sets).find((rs) => rs.spec.template && jsonEqual(withoutHash(rs.spec.template), wanted));
}

function withoutHash(template: PodTemplateSpec): unknown {
  const { [hashLabel]: _, ...labels } = template.metadata?.labels ?? {};
  const { creationTimestamp: __, ...metadata } = template.metadata ?? {};
  return { ...template, metadata: { ...metadata, labels } };
}

function targetSize(
  { spec }: Deployment,
  fresh: ReplicaSet | undefined,
  { limits, old }: { readonly limits: Limits; readonly old: readonly ReplicaSet[] },
): number {
  if (spec.strategy?.type === 'Recreate') return limits.replicas;
  const current = fresh ? sizeOf(fresh) : 0;
  return newSize(current, total(old, sizeOf) + current, limits);
}

function draftOf(
  deployment: Deployment,
  {
    limits,
    old,
    revision,
  }: { readonly limits: Limits; readonly old: readonly ReplicaSet[]; readonly revision: bigint },
): Draft<ReplicaSet> {
  const { template, selector, minReadySeconds } = deployment.spec;
  const { collisionCount } = deployment.status ?? {};
  const hash = objectHash(collisionCount ? { template, collisionCount } : template);
  const labels = { ...template.metadata?.labels, [hashLabel]: hash };
  return {
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace,
      labels,
      annotations: {
        ...newReplicaSetAnnotations(deployment, { revision }),
        ...scaleAnnotations(limits.replicas, limits.replicas + limits.surge),
      },
      ownerReferences: [controllerReference(deployment, { group: 'apps', version: 'v1', kind: 'Deployment' })],
    },
    spec: {
      replicas: targetSize(deployment, undefined, { limits, old }),
      ...(minReadySeconds ? { minReadySeconds } : {}),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}

/** Resizes that change a size. */
const changed = (resizes: readonly Resize[]): Resize[] => resizes.filter(({ rs, to }) => to !== sizeOf(rs));

/**
 * Resizes after a scale of the Deployment, including those that only change annotations of a ReplicaSet with replicas.
 */
function effective(resizes: readonly Resize[], { replicas, surge }: Limits): Resize[] {
  const annotations = Object.entries(scaleAnnotations(replicas, replicas + surge));
  return resizes.filter(
    ({ rs, to }) =>
      to !== sizeOf(rs) || (to > 0 && annotations.some(([name, value]) => rs.metadata.annotations?.[name] !== value)),
  );
}

/** Pods of other templates that may still run: Recreate waits for them. */
function hasOldPods(fresh: ReplicaSet | undefined, pods: readonly Pod[]): boolean {
  return pods.some(
    (pod) =>
      (!fresh || controllerOf(pod)?.uid !== fresh.metadata.uid) &&
      pod.status?.phase !== 'Failed' &&
      pod.status?.phase !== 'Succeeded',
  );
}

/** Old ReplicaSets without pods beyond the history limit, lowest revision first. */
function beyondHistory({ spec }: Deployment, { old }: { readonly old: readonly ReplicaSet[] }): ReplicaSet[] {
  const excess = old.length - (spec.revisionHistoryLimit ?? 10);
  if (excess <= 0) return [];
  const idle = (rs: ReplicaSet): boolean =>
    (rs.status?.replicas ?? 0) === 0 &&
    sizeOf(rs) === 0 &&
    (rs.metadata.generation ?? 0) <= (rs.status?.observedGeneration ?? 0) &&
    rs.metadata.deletionTimestamp === undefined;
  return [...old]
    .sort((a, b) => Number(revisionOf(a) - revisionOf(b)))
    .slice(0, excess)
    .filter(idle);
}

/** `Scaled up replica set web-1 from 0 to 2`. */
export function scaleMessage({ metadata: { name } }: ReplicaSet, from: number, to: number): string {
  return `Scaled ${to > from ? 'up' : 'down'} replica set ${name} from ${from} to ${to}`;
}

/** Whether a ReplicaSet with the name of our new one is in fact the one we want. */
export function isSameReplicaSet(draft: Draft<ReplicaSet>, existing: ReplicaSet, deployment: Deployment): boolean {
  return (
    controllerOf(existing)?.uid === deployment.metadata.uid &&
    existing.spec.template !== undefined &&
    jsonEqual(withoutHash(existing.spec.template), withoutHash(draft.spec.template ?? {}))
  );
}
