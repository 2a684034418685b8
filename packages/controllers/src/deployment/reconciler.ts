import { type Deployment, type DeploymentStatus, deployments, type ReplicaSet } from '@typernetes/api/apps/v1';
import type { Pod } from '@typernetes/api/core/v1';
import type { Clock } from '@typernetes/base';
import type { EventRecorder, Informer, Reconciler, ResourceClient, Result } from '@typernetes/client';
import { type Draft, isAlreadyExists, isNotFound, selectorFromObject } from '@typernetes/machinery';
import { claim } from '../ownership/claim.ts';
import { byController } from '../ownership/indexes.ts';
import { sameJson } from '../same-json.ts';
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

export function deploymentReconciler(deps: DeploymentDeps): Reconciler {
  const { deploymentClient, replicaSetClient, events, clock } = deps;
  const target = ({ metadata }: Deployment) => ({ apiVersion: 'apps/v1', kind: deployments.kind, metadata });
  const tell = (deployment: Deployment, rs: ReplicaSet, from: number, to: number): void => {
    if (from !== to) events.event(target(deployment), 'Normal', 'ScalingReplicaSet', scaleMessage(rs, from, to));
  };

  const resize = async (deployment: Deployment, plan: DeploymentPlan, { rs, to }: Resize): Promise<void> => {
    const { replicas, surge } = plan.limits;
    const annotations = { ...rs.metadata.annotations, ...scaleAnnotations(replicas, replicas + surge) };
    await replicaSetClient.update({
      ...rs,
      metadata: { ...rs.metadata, annotations },
      spec: { ...rs.spec, replicas: to },
    });
    tell(deployment, rs, sizeOf(rs), to);
  };

  /**
   * Creates the ReplicaSet of a template; undefined when another one has its name, which the collision count then
   * avoids.
   */
  const create = async (deployment: Deployment, draft: Draft<ReplicaSet>): Promise<ReplicaSet | undefined> => {
    try {
      const rs = await replicaSetClient.create(draft);
      tell(deployment, rs, 0, sizeOf(rs));
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
  };

  const remove = async ({ metadata }: ReplicaSet): Promise<void> => {
    const { name, namespace, uid } = metadata;
    try {
      await replicaSetClient.delete({ name, namespace }, { preconditions: { uid }, propagationPolicy: 'Background' });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  };

  return {
    name: 'deployment-controller',
    async reconcile(key): Promise<Result> {
      const deployment = deps.deployments.lister.get(key);
      if (!deployment) return {};
      const replicaSets = await claim(deployment, selectorFromObject(deployment.spec.selector), {
        owners: deploymentClient,
        ownerType: deployments,
        owned: deps.replicaSets.lister,
        writer: replicaSetClient,
      });
      const pods = (): readonly Pod[] =>
        replicaSets.flatMap(({ metadata }) => deps.pods.lister.byIndex(byController, metadata.uid));
      const plan = planDeployment({ deployment, replicaSets, pods });

      const created = plan.create && (await create(deployment, plan.create));
      if (plan.create && !created) return {}; // the new collision count wakes us
      const { annotate } = plan;
      if (annotate && !plan.resize.some(({ rs }) => rs === annotate.rs)) {
        const { rs, annotations } = annotate;
        await replicaSetClient.update({ ...rs, metadata: { ...rs.metadata, annotations: { ...annotations } } });
      }
      for (const step of plan.resize) {
        const rs = step.rs === annotate?.rs ? withAnnotations(step.rs, annotate.annotations) : step.rs;
        await resize(deployment, plan, { ...step, rs });
      }
      for (const rs of plan.remove) await remove(rs);

      const now = clock.now();
      const status = deploymentStatus({
        deployment,
        fresh: created ?? plan.fresh,
        old: plan.old,
        limits: plan.limits,
        now,
        ...(created ? { created: created.metadata.name } : {}),
      });
      const shown = showingRevision(deployment, plan.revision);
      if (shown !== deployment || !sameJson(status, deployment.status))
        await deploymentClient.updateStatus({ ...shown, status });
      const requeueAfterMs = deadlineCheckMs(deployment, status, now);
      return requeueAfterMs === undefined ? {} : { requeueAfterMs };
    },
  };
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
