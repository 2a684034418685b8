import { type ReplicaSet, replicasets } from '@typernetes/api/apps/v1';
import type { Pod } from '@typernetes/api/core/v1';
import { type Clock, messageOf, timestamp } from '@typernetes/base';
import type { EventRecorder, Informer, Reconciler, ResourceClient, Result } from '@typernetes/client';
import { UnseenWrites } from '@typernetes/client';
import { isForbidden, isNotFound, type ObjectKey, type StatusError, selectorFromObject } from '@typernetes/machinery';
import { claim } from '../ownership/claim.ts';
import { byController } from '../ownership/indexes.ts';
import { podFromTemplate } from '../pods/from-template.ts';
import { sameJson } from '../same-json.ts';
import { slowStart } from '../slow-start.ts';
import { planReplicas, type ReplicaFailure, replicaSetStatus } from './plan.ts';

export interface ReplicaSetDeps {
  readonly replicaSets: Pick<Informer<ReplicaSet>, 'lister'>;
  readonly pods: Pick<Informer<Pod>, 'lister' | 'revision'>;
  readonly replicaSetClient: Pick<ResourceClient<ReplicaSet>, 'get' | 'updateStatus'>;
  readonly podClient: Pick<ResourceClient<Pod>, 'create' | 'delete' | 'patch'>;
  readonly events: EventRecorder;
  readonly clock: Clock;
}

export function replicaSetReconciler(deps: ReplicaSetDeps): Reconciler {
  const { replicaSets, pods, replicaSetClient, podClient, events, clock } = deps;
  const unseen = new UnseenWrites(pods);

  /** Pods of the ReplicaSets that the same controller owns: a Deployment's, mostly. */
  const relatedPods = (rs: ReplicaSet): readonly Pod[] => {
    const owner = rs.metadata.ownerReferences?.find(({ controller }) => controller);
    const siblings = owner ? replicaSets.lister.byIndex(byController, owner.uid) : [rs];
    return siblings.flatMap(({ metadata }) => pods.lister.byIndex(byController, metadata.uid));
  };

  const create = async (rs: ReplicaSet, key: ObjectKey, count: number): Promise<ReplicaFailure | undefined> => {
    const target = targetOf(rs);
    const draft = podFromTemplate(rs, replicasets, rs.spec.template ?? {});
    const failed = await slowStart(count, async () => {
      try {
        const pod = await podClient.create(draft);
        unseen.wrote(key, pod);
        events.event(target, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
      } catch (error) {
        if (!isNamespaceTerminating(error))
          events.event(target, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
        throw error;
      }
    });
    if (!failed || isNamespaceTerminating(failed.error)) return undefined;
    return { reason: 'FailedCreate', message: messageOf(failed.error) };
  };

  const remove = async (
    rs: ReplicaSet,
    key: ObjectKey,
    doomed: readonly Pod[],
  ): Promise<ReplicaFailure | undefined> => {
    const target = targetOf(rs);
    const outcomes = await Promise.allSettled(
      doomed.map(async (pod) => {
        const { name, namespace, uid } = pod.metadata;
        try {
          await podClient.delete({ name, namespace }, { preconditions: { uid } });
          events.event(target, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
        } catch (error) {
          if (!isNotFound(error)) {
            events.event(target, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`);
            throw error;
          }
        }
        unseen.deleted(key, pod);
      }),
    );
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    return failed && { reason: 'FailedDelete', message: messageOf(failed.reason) };
  };

  return {
    name: 'replicaset-controller',
    async reconcile(key): Promise<Result> {
      const rs = replicaSets.lister.get(key);
      if (!rs) {
        unseen.forget(key);
        return {};
      }
      // The event that shows the writes wakes us; the pause covers a watch that skipped it (created and gone meanwhile).
      if (unseen.has(key)) return { requeueAfterMs: 5000 };
      const owned = await claim(rs, selectorFromObject(rs.spec.selector), {
        owners: replicaSetClient,
        ownerType: replicasets,
        owned: pods.lister,
        writer: podClient,
      });
      const plan = planReplicas(rs, owned, relatedPods(rs));
      const failure = plan.create > 0 ? await create(rs, key, plan.create) : await remove(rs, key, plan.remove);
      const now = clock.now();
      const status = replicaSetStatus(rs, owned, { now, timestamp: timestamp(now), ...(failure ? { failure } : {}) });
      if (!sameJson(status, rs.status)) await replicaSetClient.updateStatus({ ...rs, status });
      if (failure) throw new Error(`Cannot manage replicas: ${failure.message}`);
      const { readyReplicas = 0, availableReplicas = 0 } = status;
      return readyReplicas > availableReplicas ? { requeueAfterMs: (rs.spec.minReadySeconds ?? 0) * 1000 } : {};
    },
  };
}

const targetOf = (rs: ReplicaSet) => ({ apiVersion: 'apps/v1', kind: replicasets.kind, metadata: rs.metadata });

function isNamespaceTerminating(error: unknown): boolean {
  if (!isForbidden(error)) return false;
  return !!(error as StatusError).details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating');
}
