import { type ControllerRevision, type StatefulSet, statefulsets } from '@typernetes/api/apps/v1';
import type { PersistentVolumeClaim, Pod } from '@typernetes/api/core/v1';
import type { Clock } from '@typernetes/base';
import {
  type EventRecorder,
  type Informer,
  type Reconciler,
  type ResourceClient,
  type Result,
  UnseenWrites,
} from '@typernetes/client';
import { isNotFound, type ObjectKey, selectorFromObject } from '@typernetes/machinery';
import { claim } from '../ownership/claim.ts';
import { keepRevision } from '../revisions/keep.ts';
import { expiredRevisions, templateOf } from '../revisions/plan.ts';
import { sameJson } from '../same-json.ts';
import { slowStart } from '../slow-start.ts';
import { ordinalOf, revisionLabel } from './identity.ts';
import { planStatefulSet, type StatefulPlan, type Step } from './plan.ts';
import { statefulSetStatus } from './status.ts';
import { podWriter } from './writes.ts';

interface StatefulSetDeps {
  readonly sets: Pick<Informer<StatefulSet>, 'lister'>;
  readonly revisions: Pick<Informer<ControllerRevision>, 'lister'>;
  readonly pods: Pick<Informer<Pod>, 'lister' | 'revision'>;
  readonly claims: Pick<Informer<PersistentVolumeClaim>, 'lister'>;
  readonly setClient: Pick<ResourceClient<StatefulSet>, 'get' | 'updateStatus'>;
  readonly revisionClient: Pick<ResourceClient<ControllerRevision>, 'create' | 'get' | 'update' | 'patch' | 'delete'>;
  readonly podClient: Pick<ResourceClient<Pod>, 'create' | 'update' | 'delete' | 'patch'>;
  readonly claimClient: Pick<ResourceClient<PersistentVolumeClaim>, 'create' | 'update' | 'get'>;
  readonly events: EventRecorder;
  readonly clock: Clock;
  /** Called for each round that is skipped to wait for the cache. */
  readonly skipped?: () => void;
}

const hashLabel = 'controller.kubernetes.io/hash';

export function statefulSetReconciler(deps: StatefulSetDeps): Reconciler {
  const { setClient, revisionClient, podClient, clock } = deps;
  const unseen = new UnseenWrites(deps.pods);
  const write = podWriter({ ...deps, unseen });

  const perform = async (set: StatefulSet, key: ObjectKey, plan: StatefulPlan): Promise<unknown> => {
    const act = (step: Step): Promise<void> => write(set, key, step);
    for (const steps of [plan.replicas, plan.condemned]) {
      if (plan.ordered) for (const step of steps) await act(step);
      else {
        const failed = await slowStart(steps.length, (i) => act(steps[i] as Step));
        if (failed) throw failed.error;
      }
    }
    for (const pod of plan.outdated) await act({ do: 'remove', pod });
    return undefined;
  };

  return {
    name: 'statefulset-controller',
    async reconcile(key): Promise<Result> {
      const set = deps.sets.lister.get(key);
      if (!set) {
        unseen.forget(key);
        return {};
      }
      if (unseen.has(key)) {
        deps.skipped?.();
        return { requeueAfterMs: 5000 };
      }
      const selector = selectorFromObject(set.spec.selector);
      const owning = { owners: setClient, ownerType: statefulsets };
      const history = await claim(set, selector, {
        ...owning,
        owned: deps.revisions.lister,
        writer: revisionClient,
      });
      const pods = await claim(set, selector, {
        ...owning,
        owned: deps.pods.lister,
        writer: podClient,
        fits: (pod) => ordinalOf(set, pod) >= 0,
      });
      const { revision, collisionCount } = await keepRevision(
        {
          owner: set,
          ownerType: statefulsets,
          template: set.spec.template,
          collisionCount: set.status?.collisionCount ?? 0,
          hashLabel,
        },
        history,
        revisionClient,
      );
      const current = history.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? revision;
      const now = clock.now();
      const plan = planStatefulSet({
        set,
        current: { name: current.metadata.name, template: templateOf(current) },
        update: { name: revision.metadata.name, template: set.spec.template },
        pods,
        claim: (name) => deps.claims.lister.get(`${set.metadata.namespace}/${name}`),
        now,
      });
      const failure = await perform(set, key, plan).catch((error: unknown) => ({ error }));
      const status = statefulSetStatus({
        set,
        pods,
        current: current.metadata.name,
        update: revision.metadata.name,
        collisionCount,
        taken: failure
          ? 0
          : plan.outdated.filter((pod) => pod.metadata.labels?.[revisionLabel] === current.metadata.name).length,
        now,
      });
      if (!sameJson(status, set.status)) await setClient.updateStatus({ ...set, status });
      if (failure) throw (failure as { error: unknown }).error;
      await forget(set, history, new Set([current, revision].map(({ metadata }) => metadata.name)), pods);
      const minReadySeconds = set.spec.minReadySeconds ?? 0;
      const waits = minReadySeconds > 0 && (status.availableReplicas ?? 0) !== (set.spec.replicas ?? 1);
      return waits ? { requeueAfterMs: minReadySeconds * 1000 } : {};
    },
  };

  async function forget(
    set: StatefulSet,
    history: readonly ControllerRevision[],
    live: ReadonlySet<string>,
    pods: readonly Pod[],
  ): Promise<void> {
    const inUse = new Set([...live, ...pods.map(({ metadata }) => metadata.labels?.[revisionLabel])]);
    const expired = expiredRevisions(history, {
      limit: set.spec.revisionHistoryLimit ?? 10,
      inUse: ({ metadata }) => inUse.has(metadata.name),
    });
    for (const { metadata } of expired) {
      await revisionClient.delete(metadata).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
    }
  }
}
