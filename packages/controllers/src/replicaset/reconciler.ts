import type { ReplicaSet, ReplicaSetStatus, replicasets } from '@typernetes/api/apps/v1';
import type { Pod } from '@typernetes/api/core/v1';
import { type Clock, messageOf, timestamp } from '@typernetes/base';
import type { EventRecorder, Informer, Reconciler, ResourceClient, Result } from '@typernetes/client';
import { UnseenWrites } from '@typernetes/client';
import { apiVersionOf, jsonEqual, selectorFromObject } from '@typernetes/machinery';
import { claim } from '../ownership/claim.ts';
import { byController } from '../ownership/indexes.ts';
import { podFromTemplate } from '../pods/from-template.ts';
import { createPods, deletePods } from '../pods/recorded-writes.ts';
import { planReplicas, type ReplicaFailure, type ReplicaPlan, replicaSetStatus } from './plan.ts';

interface ReplicaSetDeps {
  /** The controller's name. */
  readonly name: string;
  readonly ownerType: typeof replicasets;
  /** Removes fields that the status of the owner's kind does not have. */
  readonly shape?: (status: ReplicaSetStatus) => ReplicaSetStatus;
  readonly replicaSets: Pick<Informer<ReplicaSet>, 'lister'>;
  readonly pods: Pick<Informer<Pod>, 'lister' | 'revision'>;
  readonly replicaSetClient: Pick<ResourceClient<ReplicaSet>, 'get' | 'updateStatus'>;
  readonly podClient: Pick<ResourceClient<Pod>, 'create' | 'delete' | 'patch'>;
  readonly events: EventRecorder;
  readonly clock: Clock;
  /** Called for each round that is skipped to wait for the cache. */
  readonly skipped?: () => void;
}

export function replicaSetReconciler(deps: ReplicaSetDeps): Reconciler {
  const { ownerType, replicaSets, pods, replicaSetClient, podClient, events, clock } = deps;
  const targetOf = ({ metadata }: ReplicaSet) => ({
    apiVersion: apiVersionOf(ownerType),
    kind: ownerType.kind,
    metadata,
  });
  const unseen = new UnseenWrites(pods);

  /** Pods of the ReplicaSets that the same controller owns: a Deployment's, mostly. */
  const relatedPods = (rs: ReplicaSet): readonly Pod[] => {
    const owner = rs.metadata.ownerReferences?.find(({ controller }) => controller);
    const siblings = owner ? replicaSets.lister.byIndex(byController, owner.uid) : [rs];
    return siblings.flatMap(({ metadata }) => pods.lister.byIndex(byController, metadata.uid));
  };

  const manage = async (rs: ReplicaSet, { create, remove }: ReplicaPlan): Promise<ReplicaFailure | undefined> => {
    const writes = { podClient, events, unseen };
    if (create > 0) {
      const draft = podFromTemplate(rs, ownerType, rs.spec.template ?? {});
      const { failure } = await createPods(targetOf(rs), Array<typeof draft>(create).fill(draft), writes);
      return failure && { reason: 'FailedCreate', message: messageOf(failure.error) };
    }
    const { failure } = await deletePods(targetOf(rs), remove, writes);
    return failure && { reason: 'FailedDelete', message: messageOf(failure.error) };
  };

  return {
    name: deps.name,
    async reconcile(key): Promise<Result> {
      const rs = replicaSets.lister.get(key);
      if (!rs) {
        unseen.forget(key);
        return {};
      }
      // The event of the write requeues the key; the pause covers events that never come (created and gone meanwhile).
      if (unseen.has(key)) {
        deps.skipped?.();
        return { requeueAfterMs: 5000 };
      }
      const owned = await claim(rs, selectorFromObject(rs.spec.selector), {
        owners: replicaSetClient,
        ownerType,
        owned: pods.lister,
        writer: podClient,
      });
      const plan = planReplicas(rs, owned, relatedPods(rs));
      const failure = await manage(rs, plan);
      const now = clock.now();
      const counted = replicaSetStatus(rs, owned, { now, timestamp: timestamp(now), ...(failure ? { failure } : {}) });
      const status = deps.shape?.(counted) ?? counted;
      if (!jsonEqual(status, rs.status)) await replicaSetClient.updateStatus({ ...rs, status });
      if (failure) throw new Error(`Cannot manage replicas: ${failure.message}`);
      const { readyReplicas = 0, availableReplicas = 0 } = status;
      return readyReplicas > availableReplicas ? { requeueAfterMs: (rs.spec.minReadySeconds ?? 0) * 1000 } : {};
    },
  };
}
