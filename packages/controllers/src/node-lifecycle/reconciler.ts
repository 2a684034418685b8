import { isPodReady, isPodTerminal } from '@typernetes/api';
import type { Lease } from '@typernetes/api/coordination/v1';
import type { Node, Pod } from '@typernetes/api/core/v1';
import { type Clock, timestamp } from '@typernetes/base';
import type { EventRecorder, Lister, Reconciler, Result, Writer } from '@typernetes/client';
import { isNotFound } from '@typernetes/machinery';
import type { Evictions } from './evictions.ts';
import { conditionOf, type Heartbeat, isEvicting, type NodeHealth, planNodeHealth, planTaints } from './plan.ts';
import { type DisruptionPlan, zoneOf } from './zones.ts';

interface NodeLifecycleDeps {
  readonly nodes: Pick<Lister<Node>, 'get' | 'list'>;
  readonly leases: Pick<Lister<Lease>, 'get'>;
  readonly podsOn: (node: string) => readonly Pod[];
  readonly client: Pick<Writer<Node>, 'patch'>;
  readonly podClient: Pick<Writer<Pod>, 'patch'>;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly gracePeriodMs: number;
  readonly startupGracePeriodMs: number;
  readonly evictions: Evictions;
  /** Has nodes looked at again. */
  wake(names: readonly string[]): void;
  /** A node of the zone is evicted. */
  evicted?(zone: string): void;
  /** A node was looked at, for so many seconds. */
  looked?(seconds: number): void;
}

export function nodeLifecycleReconciler(deps: NodeLifecycleDeps): Reconciler {
  const heartbeats = new Map<string, Heartbeat>();
  /** Silent nodes whose pods have not all been marked as not ready yet. */
  const unmarked = new Set<string>();
  const { evictions } = deps;
  let isFirst = true;

  /** Observe all nodes before judging any: otherwise a cluster would seem down because the first node is. */
  const seeAll = (): void => {
    for (const node of deps.nodes.list()) {
      const { name, labels } = node.metadata;
      evictions.observe(name, { zone: zoneOf(labels), ready: conditionOf(node, 'Ready')?.status === 'True' });
    }
  };

  /** The state of one node may affect others. */
  const follow = ({ rates, everything }: DisruptionPlan): void => {
    if (everything === 'left') heartbeats.clear();
    if (everything) deps.wake(evictions.names());
    else if (rates.size > 0) deps.wake(evictions.waitingIn(rates.keys()));
  };

  /** Whether the node is evicted, or else when to ask again. */
  const giveUp = (node: Node, ready: NodeHealth['ready'], now: number): { evicting: boolean; askAgainMs?: number } => {
    const { name, labels } = node.metadata;
    // Before its first report a node counts as not ready, but has no pods to evict.
    const isReady = ready === 'True';
    follow(evictions.observe(name, { zone: zoneOf(labels), ready: isReady }));
    if (isReady || ready === undefined || evictions.isEverythingDown) return { evicting: false };
    if (isEvicting(node)) return { evicting: true };
    const turn = evictions.turnOf(name, now);
    if (turn.now) deps.evicted?.(zoneOf(labels));
    return turn.now || turn.afterMs === undefined
      ? { evicting: turn.now }
      : { evicting: false, askAgainMs: turn.afterMs };
  };

  return {
    name: 'node-lifecycle-controller',
    async reconcile(key, signal): Promise<Result> {
      if (isFirst) seeAll();
      isFirst = false;
      const node = deps.nodes.get(key);
      if (!node) {
        heartbeats.delete(key);
        unmarked.delete(key);
        follow(deps.evictions.forget(key));
        return {};
      }
      const startedAt = deps.clock.monotonic();
      // Spans are not the time of day: a clock that is set must not make all nodes look silent at once.
      const [now, nowText] = [deps.clock.monotonic(), timestamp(deps.clock.now())];
      const { gracePeriodMs, startupGracePeriodMs } = deps;
      const lease = deps.leases.get(`kube-node-lease/${key}`);
      const health = planNodeHealth(
        { node, lease, last: heartbeats.get(key), now, gracePeriodMs, startupGracePeriodMs },
        nowText,
      );
      const { evicting, askAgainMs } = giveUp(node, health.ready, now);
      heartbeats.set(key, health.heartbeat);
      const taints = planTaints(node, { ready: health.ready, evicting, nowText });
      if (health.conditions.length > 0) {
        // Noted first: should the answer get lost, the node does not look ready any more when it is looked at again.
        const wasReady = conditionOf(node, 'Ready')?.status === 'True';
        if (wasReady) unmarked.add(key);
        await deps.client.patch(
          { name: key },
          { status: { conditions: health.conditions } },
          { type: 'strategic', subresource: 'status', signal },
        );
        if (wasReady) {
          const target = { apiVersion: 'v1', kind: 'Node', metadata: node.metadata };
          deps.events.event(target, 'Normal', 'NodeNotReady', `Node ${key} status is now: NodeNotReady`);
        }
      }
      if (taints) {
        // With the revision that the plan was based on: other clients' taints must not be lost.
        const { resourceVersion } = node.metadata;
        const patch =
          health.conditions.length > 0 ? { spec: { taints } } : { metadata: { resourceVersion }, spec: { taints } };
        await deps.client.patch({ name: key }, patch, { type: 'merge', signal });
      }
      // Once for each silence: a kubelet that itself reports not ready knows its pods better than we do.
      const isBack = health.conditions.length === 0 && conditionOf(node, 'Ready')?.status === 'True';
      if (isBack) unmarked.delete(key);
      else if (unmarked.has(key)) {
        await markPodsNotReady(deps, key, signal);
        unmarked.delete(key);
      }
      deps.looked?.((deps.clock.monotonic() - startedAt) / 1000);
      return { requeueAfterMs: Math.min(health.checkAgainMs, askAgainMs ?? Number.POSITIVE_INFINITY) };
    },
  };
}

/** A dead node cannot report it itself: its pods must leave the endpoints of services. */
async function markPodsNotReady(deps: NodeLifecycleDeps, node: string, signal: AbortSignal): Promise<void> {
  for (const pod of deps.podsOn(node)) {
    if (isPodTerminal(pod) || !isPodReady(pod)) continue;
    const { name, namespace, uid, generation } = pod.metadata;
    const lastTransitionTime = timestamp(deps.clock.now());
    const observed = generation === undefined ? {} : { observedGeneration: generation };
    const condition = { type: 'Ready', status: 'False', lastTransitionTime, ...observed };
    try {
      await deps.podClient.patch(
        { name, namespace },
        { metadata: { uid }, status: { conditions: [condition] } },
        { type: 'strategic', subresource: 'status', signal },
      );
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    deps.events.event(
      { apiVersion: 'v1', kind: 'Pod', metadata: pod.metadata },
      'Warning',
      'NodeNotReady',
      'Node is not ready',
    );
  }
}
