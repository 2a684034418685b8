import {
  type ControllerRevision,
  type StatefulSet,
  type StatefulSetStatus,
  statefulsets,
} from '@typernetes/api/apps/v1';
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
import { jsonEqual, type ObjectKey, selectorFromObject } from '@typernetes/machinery';
import { claim } from '../ownership/claim.ts';
import { slowStart } from '../pods/slow-start.ts';
import { keepRevision } from '../revisions/keep.ts';
import { templateOf } from '../revisions/plan.ts';
import { pruneRevisions } from '../revisions/prune.ts';
import { ordinalOf, revisionLabel } from './identity.ts';
import { planStatefulSet, type StatefulPlan, type Step } from './plan.ts';
import { PodWriter } from './pod-writer.ts';
import { statefulSetStatus } from './status.ts';

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

/** The revisions between which a set moves; the same one when no update is on its way. */
interface Revisions {
  readonly current: ControllerRevision;
  readonly update: ControllerRevision;
  readonly collisionCount: number;
}

export class StatefulSetReconciler implements Reconciler {
  readonly name = 'statefulset-controller';
  readonly #deps: StatefulSetDeps;
  readonly #unseen: UnseenWrites<Pod>;
  readonly #writer: PodWriter;

  constructor(deps: StatefulSetDeps) {
    this.#deps = deps;
    this.#unseen = new UnseenWrites(deps.pods);
    this.#writer = new PodWriter({ ...deps, unseen: this.#unseen });
  }

  async reconcile(key: ObjectKey): Promise<Result> {
    const set = this.#deps.sets.lister.get(key);
    if (!set) {
      this.#unseen.forget(key);
      return {};
    }
    if (this.#unseen.has(key)) {
      this.#deps.skipped?.();
      return { requeueAfterMs: 5000 };
    }
    return this.#sync(set);
  }

  async #sync(set: StatefulSet): Promise<Result> {
    const { history, pods } = await this.#claimOwned(set);
    const revisions = await this.#keepRevisions(set, history);
    const current = revisions.current.metadata.name;
    const update = revisions.update.metadata.name;
    const now = this.#deps.clock.now();
    const plan = planStatefulSet({
      set,
      current: { name: current, template: templateOf(revisions.current) },
      update: { name: update, template: set.spec.template },
      pods,
      claim: (name) => this.#deps.claims.lister.get(`${set.metadata.namespace}/${name}`),
      now,
    });
    const failure = await this.#carryOut(set, plan);
    const taken = failure ? 0 : plan.outdated.filter((pod) => revisionOf(pod) === current).length;
    const { collisionCount } = revisions;
    const status = statefulSetStatus({ set, pods, current, update, collisionCount, taken, now });
    if (!jsonEqual(status, set.status)) await this.#deps.setClient.updateStatus({ ...set, status });
    if (failure) throw failure.error;
    const inUse = new Set([current, update, ...pods.map(revisionOf)]);
    const use = {
      limit: set.spec.revisionHistoryLimit,
      inUse: (one: ControllerRevision) => inUse.has(one.metadata.name),
    };
    await pruneRevisions(history, use, this.#deps.revisionClient);
    return nextCheck(set, status);
  }

  async #claimOwned(set: StatefulSet) {
    const { setClient: owners, revisions, revisionClient, pods, podClient } = this.#deps;
    const selector = selectorFromObject(set.spec.selector);
    const owning = { owners, ownerType: statefulsets };
    const history = await claim(set, selector, { ...owning, owned: revisions.lister, writer: revisionClient });
    const fits = (pod: Pod): boolean => ordinalOf(set, pod) >= 0;
    return { history, pods: await claim(set, selector, { ...owning, owned: pods.lister, writer: podClient, fits }) };
  }

  async #keepRevisions(set: StatefulSet, history: readonly ControllerRevision[]): Promise<Revisions> {
    const { template } = set.spec;
    const revised = { owner: set, ownerType: statefulsets, template, hashLabel };
    const { revision: update, collisionCount } = await keepRevision(
      { ...revised, collisionCount: set.status?.collisionCount ?? 0 },
      history,
      this.#deps.revisionClient,
    );
    const current = history.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update;
    return { current, update, collisionCount };
  }

  /** The first failure ends it: the status is written nevertheless. */
  async #carryOut(set: StatefulSet, plan: StatefulPlan): Promise<{ readonly error: unknown } | undefined> {
    const act = (step: Step): Promise<void> => this.#writer.carryOut(set, step);
    try {
      for (const steps of [plan.replicas, plan.condemned]) {
        if (plan.ordered) for (const step of steps) await act(step);
        else {
          const failed = await slowStart(steps.length, (i) => act(steps[i] as Step));
          if (failed) return failed;
        }
      }
      for (const pod of plan.outdated) await act({ do: 'remove', pod });
      return undefined;
    } catch (error) {
      return { error };
    }
  }
}

function revisionOf({ metadata }: Pod): string | undefined {
  return metadata.labels?.[revisionLabel];
}

/** No event reports that a pod has been ready for long enough. */
function nextCheck({ spec }: StatefulSet, { availableReplicas = 0 }: StatefulSetStatus): Result {
  const minReadySeconds = spec.minReadySeconds ?? 0;
  const waits = minReadySeconds > 0 && availableReplicas !== (spec.replicas ?? 1);
  return waits ? { requeueAfterMs: minReadySeconds * 1000 } : {};
}
