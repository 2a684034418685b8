import { type Node, nodes, type Pod, type PodCondition, pods } from '@typernetes/api/core/v1';
import { type Clock, type Logger, type Random, type Runnable, timestamp } from '@typernetes/base';
import type { ApiClient, EventRecorder, Informers } from '@typernetes/client';
import { isNotFound } from '@typernetes/machinery';
import { planPlacement } from './cycle/plan.ts';
import type { ClusterEvent } from './framework/cluster-event.ts';
import type { Profile } from './framework/profile.ts';
import { type QueuedPod, SchedulingQueue } from './queue/scheduling-queue.ts';
import { ClusterSnapshot } from './snapshot/cluster-snapshot.ts';

export interface SchedulerDeps {
  readonly client: ApiClient;
  readonly informers: Informers;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/**
 * Finds nodes for pods. Decisions are made one after the other over a snapshot that informer events keep current; the bindings
 * they lead to are written in the background, so that a slow API server delays no decision.
 */
export class Scheduler implements Runnable {
  readonly name = 'scheduler';
  readonly #deps: SchedulerDeps;
  readonly #profiles: ReadonlyMap<string, Profile>;
  readonly #snapshot = new ClusterSnapshot();
  readonly #queue: SchedulingQueue;
  readonly #bindings = new Set<Promise<void>>();
  #startAt = 0;

  constructor(profiles: readonly Profile[], deps: SchedulerDeps) {
    this.#deps = deps;
    this.#profiles = new Map(profiles.map((profile) => [profile.schedulerName, profile]));
    this.#queue = new SchedulingQueue({ clock: deps.clock, wakes: (waiting, event) => this.#mayHelp(waiting, event) });
  }

  async run(signal: AbortSignal): Promise<void> {
    const stopWatching = [this.#watchNodes(), this.#watchPods()];
    signal.addEventListener('abort', () => this.#queue.close(), { once: true });
    try {
      await this.#deps.informers.untilSynced(signal);
      for (let next = await this.#queue.take(); next && !signal.aborted; next = await this.#queue.take()) {
        await this.#schedule(next, signal);
      }
    } finally {
      for (const stop of stopWatching) stop();
      this.#queue.close();
      await Promise.all(this.#bindings);
    }
  }

  /** Decides on one pod. Awaits nothing but the record of a refusal. */
  async #schedule(queued: QueuedPod, signal: AbortSignal): Promise<void> {
    const { pod } = queued;
    const profile = this.#profiles.get(pod.spec.schedulerName ?? '');
    if (!profile) return this.#queue.done(pod.metadata.uid);
    const placement = planPlacement(pod, this.#snapshot.nodes, {
      plugins: profile.plugins,
      percentageOfNodesToScore: profile.percentageOfNodesToScore,
      startAt: this.#startAt,
      pick: (count) => Math.floor(this.#deps.random.next() * count),
    });
    if (placement.node === undefined) {
      this.#queue.park(pod.metadata.uid, placement.refusedBy);
      this.#deps.log.debug('Unable to schedule pod', { pod: nameOf(pod), reason: placement.message });
      await this.#recordRefusal(pod, placement.message, signal);
      return;
    }
    this.#startAt = (this.#startAt + placement.evaluated) % Math.max(1, this.#snapshot.nodes.length);
    this.#snapshot.assume(pod, placement.node);
    const binding = this.#bind(pod, placement.node, signal).finally(() => this.#bindings.delete(binding));
    this.#bindings.add(binding);
  }

  async #bind(pod: Pod, node: string, signal: AbortSignal): Promise<void> {
    const { name, namespace = '', uid } = pod.metadata;
    const binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace, uid },
      target: { kind: 'Node', name: node },
    };
    try {
      await this.#deps.client.resource(pods).createSubresource({ name, namespace }, 'binding', binding, { signal });
    } catch (error) {
      this.#snapshot.forget(uid);
      if (signal.aborted) return;
      if (isNotFound(error)) return this.#queue.done(uid);
      this.#deps.log.error('Cannot bind pod', error, { pod: nameOf(pod), node });
      this.#queue.retry(uid);
      return;
    }
    this.#queue.done(uid);
    this.#deps.events.event(
      { apiVersion: 'v1', kind: 'Pod', metadata: pod.metadata },
      'Normal',
      'Scheduled',
      `Successfully assigned ${namespace}/${name} to ${node}`,
    );
  }

  async #recordRefusal(pod: Pod, message: string, signal: AbortSignal): Promise<void> {
    this.#deps.events.event(
      { apiVersion: 'v1', kind: 'Pod', metadata: pod.metadata },
      'Warning',
      'FailedScheduling',
      message,
    );
    const before = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled');
    if (before?.status === 'False' && before.reason === 'Unschedulable' && before.message === message) return;
    const condition: PodCondition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastTransitionTime:
        (before?.status === 'False' && before.lastTransitionTime) || timestamp(this.#deps.clock.now()),
      ...(pod.metadata.generation ? { observedGeneration: pod.metadata.generation } : {}),
    };
    const { name, namespace } = pod.metadata;
    try {
      await this.#deps.client
        .resource(pods)
        .patch(
          { name, namespace },
          { status: { conditions: [condition] } },
          { type: 'strategic', subresource: 'status', signal },
        );
    } catch (error) {
      if (!signal.aborted && !isNotFound(error))
        this.#deps.log.error('Cannot update pod condition', error, { pod: nameOf(pod) });
    }
  }

  #watchNodes(): () => void {
    return this.#deps.informers.for<Node>(nodes).onEvent({
      added: (node) => {
        this.#snapshot.putNode(node);
        this.#queue.wake({ type: 'node-added', node });
      },
      updated: (node, old) => {
        this.#snapshot.putNode(node);
        if (matters(node, old)) this.#queue.wake({ type: 'node-updated', node, old });
      },
      deleted: (node) => this.#snapshot.removeNode(node.metadata.name),
    });
  }

  #watchPods(): () => void {
    return this.#deps.informers.for<Pod>(pods).onEvent({
      added: (pod) => this.#podSeen(pod),
      updated: (pod, old) => this.#podSeen(pod, old),
      deleted: (pod) => this.#podGone(pod),
    });
  }

  #podSeen(pod: Pod, old?: Pod): void {
    if (isTerminal(pod)) {
      this.#podGone(pod);
      return;
    }
    if (pod.spec.nodeName) {
      this.#queue.done(pod.metadata.uid);
      this.#snapshot.putPod(pod);
      return;
    }
    const profile = this.#profiles.get(pod.spec.schedulerName ?? '');
    if (!profile || pod.metadata.deletionTimestamp) {
      this.#queue.delete(pod.metadata.uid);
      return;
    }
    // Decided, and the binding is on its way: the event is older than the decision.
    if (this.#snapshot.isAssumed(pod.metadata.uid)) return;
    const gated = profile.plugins.some(({ plugin }) => plugin.gate?.(pod) !== undefined);
    if (old) this.#queue.update(pod, old, gated);
    else this.#queue.add(pod, gated);
  }

  #podGone(pod: Pod): void {
    this.#queue.delete(pod.metadata.uid);
    if (this.#snapshot.removePod(pod.metadata.uid)) this.#queue.wake({ type: 'pod-released', pod });
  }

  #mayHelp(waiting: QueuedPod, event: ClusterEvent): boolean {
    if (event.type === 'pod-updated') return event.pod.metadata.uid === waiting.pod.metadata.uid && specChanged(event);
    const profile = this.#profiles.get(waiting.pod.spec.schedulerName ?? '');
    return (profile?.plugins ?? []).some(
      ({ plugin }) =>
        waiting.refusedBy.has(plugin.name) &&
        plugin.wakesOn.includes(event.type) &&
        (plugin.wakes?.(waiting.pod, event) ?? true),
    );
  }
}

const nameOf = (pod: Pod): string => `${pod.metadata.namespace}/${pod.metadata.name}`;

const isTerminal = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

/** Heartbeats change conditions' times and nothing that a plugin reads: they must not wake anyone. */
function matters(node: Node, old: Node): boolean {
  const relevant = (n: Node): string =>
    JSON.stringify([n.metadata.labels, n.spec.taints, n.spec.unschedulable, n.status?.allocatable]);
  return node.metadata.resourceVersion !== old.metadata.resourceVersion && relevant(node) !== relevant(old);
}

function specChanged(event: { readonly pod: Pod; readonly old: Pod }): boolean {
  return (
    event.pod.spec !== event.old.spec &&
    JSON.stringify([event.pod.spec, event.pod.metadata.labels]) !==
      JSON.stringify([event.old.spec, event.old.metadata.labels])
  );
}
