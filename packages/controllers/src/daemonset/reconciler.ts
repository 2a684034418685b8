import { type ControllerRevision, type DaemonSet, daemonsets } from '@typernetes/api/apps/v1';
import type { Node, Pod } from '@typernetes/api/core/v1';
import type { Clock } from '@typernetes/base';
import {
  type EventRecorder,
  type Informer,
  type Reconciler,
  type ResourceClient,
  type Result,
  UnseenWrites,
} from '@typernetes/client';
import { selectorFromObject } from '@typernetes/machinery';
import { claim } from '../ownership/claim.ts';
import { keepRevision } from '../revisions/keep.ts';
import { expiredRevisions } from '../revisions/plan.ts';
import { sameJson } from '../same-json.ts';
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

export function daemonSetReconciler(deps: DaemonSetDeps): Reconciler {
  const { daemonSetClient, revisionClient, podClient, events, clock } = deps;
  const unseen = new UnseenWrites(deps.pods);
  const failures = new FailedPods(clock);
  const writes = { podClient, events, unseen };

  return {
    name: 'daemonset-controller',
    async reconcile(key): Promise<Result> {
      const stored = deps.daemonSets.lister.get(key);
      if (!stored) {
        unseen.forget(key);
        failures.forget(key);
        return {};
      }
      if (unseen.has(key)) {
        deps.skipped?.();
        return { requeueAfterMs: 5000 };
      }
      const selector = selectorFromObject(stored.spec.selector);
      const owning = { owners: daemonSetClient, ownerType: daemonsets };
      const history = await claim(stored, selector, {
        ...owning,
        owned: deps.revisions.lister,
        writer: revisionClient,
      });
      const { template, revisionHistoryLimit = 10 } = stored.spec;
      const count = stored.status?.collisionCount ?? 0;
      const kept = await keepRevision(
        { owner: stored, ownerType: daemonsets, template, collisionCount: count, hashLabel: revisionLabel },
        history,
        revisionClient,
      );
      const { hash, collisionCount } = kept;
      const daemonSet = collisionCount === count ? stored : withCollisions(stored, collisionCount);
      const pods = await claim(daemonSet, selector, { ...owning, owned: deps.pods.lister, writer: podClient });
      const life = `${stored.metadata.uid}/${stored.status?.observedGeneration ?? 0}`;
      const heldFor = (node: string): number => failures.remaining(key, node, life);
      const isHeldBack = (node: string): boolean => heldFor(node) > 0;
      const view = { daemonSet, nodes: deps.nodes.lister.list(), pods, hash, now: clock.now(), isHeldBack };
      const plan = planDaemons(view);
      const agains = plan.held.map(heldFor);
      for (const node of new Set(plan.failed.map(({ spec }) => spec.nodeName ?? ''))) failures.next(key, node, life);
      const status = daemonSetStatus(view);
      if (!sameJson(status, stored.status)) await daemonSetClient.updateStatus({ ...daemonSet, status });
      await removeDaemons(daemonSet, { key, plan }, writes);
      await createDaemons(daemonSet, { key, nodes: plan.create, hash }, writes);
      const inUse = new Set([hash, ...pods.map(({ metadata }) => metadata.labels?.[revisionLabel])]);
      const expired = expiredRevisions(history, {
        limit: revisionHistoryLimit,
        inUse: ({ metadata }) => inUse.has(metadata.labels?.[revisionLabel]),
      });
      for (const { metadata } of expired) await revisionClient.delete(metadata);
      const { numberReady, numberAvailable = 0 } = status;
      if (numberReady > numberAvailable) agains.push((daemonSet.spec.minReadySeconds ?? 0) * 1000);
      return agains.length > 0 ? { requeueAfterMs: Math.min(...agains) } : {};
    },
  };
}

function withCollisions(daemonSet: DaemonSet, collisionCount: number): DaemonSet {
  const counts = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 };
  return { ...daemonSet, status: { ...counts, ...daemonSet.status, collisionCount } };
}
