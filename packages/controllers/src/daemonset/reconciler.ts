import { type ControllerRevision, type DaemonSet, daemonsets } from '@typernetes/api/apps/v1';
import type { Node, Pod } from '@typernetes/api/core/v1';
import type { Clock } from '@typernetes/base';
import {
  type EventRecorder,
  type Informer,
  type Lister,
  type Reconciler,
  type ResourceClient,
  type Result,
  UnseenWrites,
} from '@typernetes/client';
import { type ApiObject, jsonEqual, type ObjectKey, selectorFromObject } from '@typernetes/machinery';
import { claim } from '../ownership/claim.ts';
import { keepRevision } from '../revisions/keep.ts';
import { pruneRevisions } from '../revisions/prune.ts';
import { FailedPods } from './failed-pods.ts';
import { planDaemons } from './plan.ts';
import { createDaemons, removeDaemons } from './pod-writes.ts';
import { daemonSetStatus } from './status.ts';
import { revisionLabel } from './view.ts';

interface DaemonSetDeps {
  readonly daemonSets: Pick<Informer<DaemonSet>, 'lister'>;
  readonly revisions: Pick<Informer<ControllerRevision>, 'lister'>;
  readonly nodes: Pick<Informer<Node>, 'lister'>;
  readonly pods: Pick<Informer<Pod>, 'lister' | 'revision'>;
  readonly daemonSetClient: Pick<ResourceClient<DaemonSet>, 'get' | 'updateStatus'>;
  readonly revisionClient: Pick<ResourceClient<ControllerRevision>, 'create' | 'get' | 'update' | 'patch' | 'delete'>;
  readonly podClient: Pick<ResourceClient<Pod>, 'create' | 'delete' | 'patch'>;
  readonly events: EventRecorder;
  readonly clock: Clock;
  /** Called for each round that is skipped to wait for the cache. */
  readonly skipped?: () => void;
}

export class DaemonSetReconciler implements Reconciler {
  readonly name = 'daemonset-controller';
  readonly #deps: DaemonSetDeps;
  readonly #unseen: UnseenWrites<Pod>;
  readonly #failures: FailedPods;

  constructor(deps: DaemonSetDeps) {
    this.#deps = deps;
    this.#unseen = new UnseenWrites(deps.pods);
    this.#failures = new FailedPods(deps.clock);
  }

  async reconcile(key: ObjectKey): Promise<Result> {
    const stored = this.#deps.daemonSets.lister.get(key);
    if (!stored) {
      this.#unseen.forget(key);
      this.#failures.forget(key);
      return {};
    }
    if (this.#unseen.has(key)) {
      this.#deps.skipped?.();
      return { requeueAfterMs: 5000 };
    }
    return this.#sync(key, stored);
  }

  async #sync(key: ObjectKey, stored: DaemonSet): Promise<Result> {
    const { daemonSetClient, podClient, events, nodes, clock } = this.#deps;
    const { daemonSet, history, hash } = await this.#keepRevision(stored);
    const pods = await this.#claim(daemonSet, { owned: this.#deps.pods.lister, writer: podClient });
    const life = `${stored.metadata.uid}/${stored.status?.observedGeneration ?? 0}`;
    const heldFor = (node: string): number => this.#failures.remaining(key, node, life);
    const isHeldBack = (node: string): boolean => heldFor(node) > 0;
    const view = { daemonSet, nodes: nodes.lister.list(), pods, hash, now: clock.now(), isHeldBack };
    const plan = planDaemons(view);
    const checks = plan.held.map(heldFor);
    for (const node of new Set(plan.failed.map(({ spec }) => spec.nodeName ?? '')))
      this.#failures.next(key, node, life);
    const status = daemonSetStatus(view);
    if (!jsonEqual(status, stored.status)) await daemonSetClient.updateStatus({ ...daemonSet, status });
    const writes = { podClient, events, unseen: this.#unseen };
    await removeDaemons(daemonSet, plan, writes);
    await createDaemons(daemonSet, { nodes: plan.create, hash }, writes);
    await this.#pruneHistory(daemonSet, history, new Set([hash, ...pods.map(hashOf)]));
    const { numberReady, numberAvailable = 0 } = status;
    if (numberReady > numberAvailable) checks.push((daemonSet.spec.minReadySeconds ?? 0) * 1000);
    return checks.length > 0 ? { requeueAfterMs: Math.min(...checks) } : {};
  }

  /** Sees to it that the current template has a revision; the hash of that labels its pods. */
  async #keepRevision(stored: DaemonSet) {
    const { revisions, revisionClient } = this.#deps;
    const history = await this.#claim(stored, { owned: revisions.lister, writer: revisionClient });
    const { template } = stored.spec;
    const count = stored.status?.collisionCount ?? 0;
    const { hash, collisionCount } = await keepRevision(
      { owner: stored, ownerType: daemonsets, template, collisionCount: count, hashLabel: revisionLabel },
      history,
      revisionClient,
    );
    const daemonSet = collisionCount === count ? stored : withCollisions(stored, collisionCount);
    return { daemonSet, history, hash };
  }

  async #claim<T extends ApiObject>(
    daemonSet: DaemonSet,
    { owned, writer }: { readonly owned: Lister<T>; readonly writer: Pick<ResourceClient<T>, 'patch'> },
  ): Promise<readonly T[]> {
    const selector = selectorFromObject(daemonSet.spec.selector);
    return claim(daemonSet, selector, { owners: this.#deps.daemonSetClient, ownerType: daemonsets, owned, writer });
  }

  async #pruneHistory(
    { spec }: DaemonSet,
    history: readonly ControllerRevision[],
    hashes: ReadonlySet<string | undefined>,
  ): Promise<void> {
    const inUse = (revision: ControllerRevision): boolean => hashes.has(hashOf(revision));
    await pruneRevisions(history, { limit: spec.revisionHistoryLimit, inUse }, this.#deps.revisionClient);
  }
}

function hashOf({ metadata }: ApiObject): string | undefined {
  return metadata.labels?.[revisionLabel];
}

function withCollisions(daemonSet: DaemonSet, collisionCount: number): DaemonSet {
  const counts = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 };
  return { ...daemonSet, status: { ...counts, ...daemonSet.status, collisionCount } };
}
