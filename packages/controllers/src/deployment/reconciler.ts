import { type Deployment, type DeploymentStatus, deployments, type ReplicaSet } from '@typernetes/api/apps/v1';
import type { Pod } from '@typernetes/api/core/v1';
import type { Clock } from '@typernetes/base';
import {
  type EventRecorder,
  eventTarget,
  type Informer,
  type Reconciler,
  type ResourceClient,
  type Result,
} from '@typernetes/client';
import {
  type Draft,
  ifFound,
  isAlreadyExists,
  jsonEqual,
  type ObjectKey,
  selectorFromObject,
} from '@typernetes/machinery';
import { claim } from '../ownership/claim.ts';
import { byController } from '../ownership/indexes.ts';
import { revisionAnnotation, scaleAnnotations } from './annotations.ts';
import { deadlineCheckMs, deploymentStatus } from './conditions.ts';
import { type DeploymentPlan, isSameReplicaSet, planDeployment, scaleMessage } from './plan.ts';
import { type Resize, sizeOf } from './strategy.ts';

interface DeploymentDeps {
  readonly deployments: Pick<Informer<Deployment>, 'lister'>;
  readonly replicaSets: Pick<Informer<ReplicaSet>, 'lister'>;
  readonly pods: Pick<Informer<Pod>, 'lister'>;
  readonly deploymentClient: Pick<ResourceClient<Deployment>, 'get' | 'update' | 'updateStatus'>;
  readonly replicaSetClient: Pick<ResourceClient<ReplicaSet>, 'get' | 'create' | 'update' | 'patch' | 'delete'>;
  readonly events: EventRecorder;
  readonly clock: Clock;
}

export class DeploymentReconciler implements Reconciler {
  readonly name = 'deployment-controller';
  readonly #deps: DeploymentDeps;

  constructor(deps: DeploymentDeps) {
    this.#deps = deps;
  }

  async reconcile(key: ObjectKey): Promise<Result> {
    const deployment = this.#deps.deployments.lister.get(key);
    if (!deployment) return {};
    const replicaSets = await claim(deployment, selectorFromObject(deployment.spec.selector), {
      owners: this.#deps.deploymentClient,
      ownerType: deployments,
      owned: this.#deps.replicaSets.lister,
      writer: this.#deps.replicaSetClient,
    });
    const pods = (): readonly Pod[] =>
      replicaSets.flatMap(({ metadata }) => this.#deps.pods.lister.byIndex(byController, metadata.uid));
    const plan = planDeployment({ deployment, replicaSets, pods });

    const created = plan.create && (await this.#create(deployment, plan.create));
    if (plan.create && !created) return {}; // the new collision count wakes us
    await this.#annotateAndResize(deployment, plan);
    for (const rs of plan.remove) await this.#remove(rs);
    return this.#writeStatus(deployment, plan, created);
  }

  /**
   * Creates the ReplicaSet of a template; undefined when another one has its name, which the collision count then
   * avoids.
   */
  async #create(deployment: Deployment, draft: Draft<ReplicaSet>): Promise<ReplicaSet | undefined> {
    const { replicaSetClient, deploymentClient } = this.#deps;
    try {
      const rs = await replicaSetClient.create(draft);
      this.#recordScaling(deployment, rs, { from: 0, to: sizeOf(rs) });
      return rs;
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const { name = '', namespace } = draft.metadata;
      const existing = await replicaSetClient.get({ name, namespace });
      if (isSameReplicaSet(draft, existing, deployment)) return existing;
      const status: DeploymentStatus = { ...deployment.status };
      status.collisionCount = (status.collisionCount ?? 0) + 1;
      await deploymentClient.updateStatus({ ...deployment, status });
      return undefined;
    }
  }

  /** A ReplicaSet that gets both is written once. */
  async #annotateAndResize(deployment: Deployment, plan: DeploymentPlan): Promise<void> {
    const { annotate, resize } = plan;
    if (annotate && !resize.some(({ rs }) => rs === annotate.rs))
      await this.#deps.replicaSetClient.update(withAnnotations(annotate.rs, annotate.annotations));
    for (const { rs, to } of resize) {
      const annotated = rs === annotate?.rs ? withAnnotations(rs, annotate.annotations) : rs;
      await this.#resize(deployment, plan, { rs: annotated, to });
    }
  }

  async #resize(deployment: Deployment, { limits }: DeploymentPlan, { rs, to }: Resize): Promise<void> {
    const { replicas, surge } = limits;
    const annotations = { ...rs.metadata.annotations, ...scaleAnnotations(replicas, replicas + surge) };
    await this.#deps.replicaSetClient.update({
      ...withAnnotations(rs, annotations),
      spec: { ...rs.spec, replicas: to },
    });
    this.#recordScaling(deployment, rs, { from: sizeOf(rs), to });
  }

  #recordScaling(deployment: Deployment, rs: ReplicaSet, { from, to }: { from: number; to: number }): void {
    if (from === to) return;
    const target = eventTarget(deployments, deployment);
    this.#deps.events.event(target, 'Normal', 'ScalingReplicaSet', scaleMessage(rs, from, to));
  }

  async #remove({ metadata }: ReplicaSet): Promise<void> {
    const { name, namespace, uid } = metadata;
    const options = { preconditions: { uid }, propagationPolicy: 'Background' } as const;
    await ifFound(this.#deps.replicaSetClient.delete({ name, namespace }, options));
  }

  async #writeStatus(deployment: Deployment, plan: DeploymentPlan, created: ReplicaSet | undefined): Promise<Result> {
    const now = this.#deps.clock.now();
    const status = deploymentStatus({
      deployment,
      fresh: created ?? plan.fresh,
      old: plan.old,
      limits: plan.limits,
      now,
      ...(created ? { created: created.metadata.name } : {}),
    });
    const shown = showingRevision(deployment, plan.revision);
    if (shown !== deployment || !jsonEqual(status, deployment.status))
      await this.#deps.deploymentClient.updateStatus({ ...shown, status });
    const requeueAfterMs = deadlineCheckMs(deployment, status, now);
    return requeueAfterMs === undefined ? {} : { requeueAfterMs };
  }
}

/** Written with the status, which does not change the generation: that is for users' own changes. */
function showingRevision(deployment: Deployment, revision: bigint | undefined): Deployment {
  const { metadata } = deployment;
  if (revision === undefined || metadata.annotations?.[revisionAnnotation] === String(revision)) return deployment;
  const annotations = { ...metadata.annotations, [revisionAnnotation]: String(revision) };
  return { ...deployment, metadata: { ...metadata, annotations } };
}

function withAnnotations(rs: ReplicaSet, annotations: Readonly<Record<string, string>>): ReplicaSet {
  return { ...rs, metadata: { ...rs.metadata, annotations: { ...annotations } } };
}
