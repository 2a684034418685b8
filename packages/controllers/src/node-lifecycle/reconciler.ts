import { isPodReady, isPodTerminal } from '@typernetes/api';
import type { Lease } from '@typernetes/api/coordination/v1';
import { type Node, nodes, type Pod, pods, type Taint } from '@typernetes/api/core/v1';
import { type Clock, timestamp } from '@typernetes/base';
import {
  type EventRecorder,
  eventTarget,
  type Lister,
  type Reconciler,
  type Result,
  type Writer,
} from '@typernetes/client';
import { ifFound, type ObjectKey } from '@typernetes/machinery';
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

export class NodeLifecycleReconciler implements Reconciler {
  readonly name = 'node-lifecycle-controller';
  readonly #deps: NodeLifecycleDeps;
  readonly #heartbeats = new Map<string, Heartbeat>();
  /** Silent nodes whose pods have not all been marked as not ready yet. */
  readonly #unmarked = new Set<string>();
  /** The nodes that this controller knows of. */
  readonly #registered = new Map<string, Node>();
  #hasSeenAll = false;

  constructor(deps: NodeLifecycleDeps) {
    this.#deps = deps;
  }

  async reconcile(key: ObjectKey, signal: AbortSignal): Promise<Result> {
    if (!this.#hasSeenAll) this.#seeAll();
    const node = this.#deps.nodes.get(key);
    this.#register(key, node);
    if (!node) {
      this.#forget(key);
      return {};
    }
    const startedAt = this.#deps.clock.monotonic();
    const result = await this.#look(node, signal);
    this.#deps.looked?.((this.#deps.clock.monotonic() - startedAt) / 1000);
    return result;
  }

  /** Observes all nodes before judging any: otherwise a cluster would seem down because the first node is. */
  #seeAll(): void {
    this.#hasSeenAll = true;
    for (const node of this.#deps.nodes.list()) {
      const { name, labels } = node.metadata;
      this.#deps.evictions.observe(name, { zone: zoneOf(labels), ready: isReady(node) });
    }
  }

  /** Tells of nodes that are new to this controller, and of those that are gone. */
  #register(name: string, node: Node | undefined): void {
    const known = this.#registered.get(name);
    if (node) this.#registered.set(name, node);
    else this.#registered.delete(name);
    if (node && !known) this.#tell(node, 'RegisteredNode', `Registered Node ${name} in Controller`);
    if (!node && known) this.#tell(known, 'RemovingNode', `Removing Node ${name} from Controller`);
  }

  #tell(node: Node, reason: string, event: string): void {
    const message = `Node ${node.metadata.name} event: ${event}`;
    this.#deps.events.event(eventTarget(nodes, node), 'Normal', reason, message);
  }

  #forget(name: string): void {
    this.#heartbeats.delete(name);
    this.#unmarked.delete(name);
    this.#follow(this.#deps.evictions.forget(name));
  }

  async #look(node: Node, signal: AbortSignal): Promise<Result> {
    const { clock, leases, gracePeriodMs, startupGracePeriodMs } = this.#deps;
    const { name } = node.metadata;
    // Spans are not the time of day: a clock that is set must not make all nodes look silent at once.
    const [now, nowText] = [clock.monotonic(), timestamp(clock.now())];
    const lease = leases.get(`kube-node-lease/${name}`);
    const last = this.#heartbeats.get(name);
    const health = planNodeHealth({ node, lease, last, now, gracePeriodMs, startupGracePeriodMs }, nowText);
    const { evicting, askAgainMs } = this.#giveUp(node, health.ready, now);
    this.#heartbeats.set(name, health.heartbeat);
    const taints = planTaints(node, { ready: health.ready, evicting, nowText });
    if (health.conditions.length > 0) await this.#writeConditions(node, health.conditions, signal);
    if (taints) await this.#writeTaints(node, { taints, hasChanged: health.conditions.length > 0 }, signal);
    // Once for each silence: a kubelet that itself reports not ready knows its pods better than we do.
    if (health.conditions.length === 0 && isReady(node)) this.#unmarked.delete(name);
    else if (this.#unmarked.has(name)) {
      await markPodsNotReady(this.#deps, name, signal);
      this.#unmarked.delete(name);
    }
    return { requeueAfterMs: Math.min(health.checkAgainMs, askAgainMs ?? Number.POSITIVE_INFINITY) };
  }

  /** Whether the node is evicted, or else when to ask again. */
  #giveUp(node: Node, ready: NodeHealth['ready'], now: number): { evicting: boolean; askAgainMs?: number } {
    const { evictions, evicted } = this.#deps;
    const { name, labels } = node.metadata;
    // Before its first report a node counts as not ready, but has no pods to evict.
    const isReady = ready === 'True';
    this.#follow(evictions.observe(name, { zone: zoneOf(labels), ready: isReady }));
    if (isReady || ready === undefined || evictions.isEverythingDown) return { evicting: false };
    if (isEvicting(node)) return { evicting: true };
    const turn = evictions.turnOf(name, now);
    if (turn.now) evicted?.(zoneOf(labels));
    return turn.now || turn.afterMs === undefined
      ? { evicting: turn.now }
      : { evicting: false, askAgainMs: turn.afterMs };
  }

  /** The state of one node may affect others. */
  #follow({ rates, everything }: DisruptionPlan): void {
    const { evictions, wake } = this.#deps;
    if (everything === 'left') this.#heartbeats.clear();
    if (everything) wake(evictions.names());
    else if (rates.size > 0) wake(evictions.waitingIn(rates.keys()));
  }

  async #writeConditions(node: Node, conditions: NodeHealth['conditions'], signal: AbortSignal): Promise<void> {
    const { name } = node.metadata;
    // Noted first: should the answer get lost, the node does not look ready any more when it is looked at again.
    const wasReady = isReady(node);
    if (wasReady) this.#unmarked.add(name);
    await this.#deps.client.patch(
      { name },
      { status: { conditions } },
      { type: 'strategic', subresource: 'status', signal },
    );
    if (!wasReady) return;
    const message = `Node ${name} status is now: NodeNotReady`;
    this.#deps.events.event(eventTarget(nodes, node), 'Normal', 'NodeNotReady', message);
  }

  async #writeTaints(
    { metadata: { name, resourceVersion } }: Node,
    { taints, hasChanged }: { readonly taints: readonly Taint[]; readonly hasChanged: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    // With the revision that the plan was based on: other clients' taints must not be lost.
    const patch = hasChanged ? { spec: { taints } } : { metadata: { resourceVersion }, spec: { taints } };
    await this.#deps.client.patch({ name }, patch, { type: 'merge', signal });
  }
}

function isReady(node: Node): boolean {
  return conditionOf(node, 'Ready')?.status === 'True';
}

/** A dead node cannot report it itself: its pods must leave the endpoints of services. */
async function markPodsNotReady(deps: NodeLifecycleDeps, node: string, signal: AbortSignal): Promise<void> {
  for (const pod of deps.podsOn(node)) {
    if (isPodTerminal(pod) || !isPodReady(pod)) continue;
    const { name, namespace, uid, generation } = pod.metadata;
    const lastTransitionTime = timestamp(deps.clock.now());
    const observed = generation === undefined ? {} : { observedGeneration: generation };
    const condition = { type: 'Ready', status: 'False', lastTransitionTime, ...observed };
    const patch = { metadata: { uid }, status: { conditions: [condition] } };
    await ifFound(
      deps.podClient.patch({ name, namespace }, patch, { type: 'strategic', subresource: 'status', signal }),
    );
    deps.events.event(eventTarget(pods, pod), 'Warning', 'NodeNotReady', 'Node is not ready');
  }
}
