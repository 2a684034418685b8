import { isPodTerminal } from '@typernetes/api';
import type { Node, Pod, PodCondition } from '@typernetes/api/core/v1';
import type { Clock } from '@typernetes/base';
import type { Lister, Reader, Reconciler, Result, Writer } from '@typernetes/client';
import { ifFound, isConflict, isNotFound } from '@typernetes/machinery';
import { disruptionTarget } from '../pods/disruption.ts';
import type { DeletionReason, GarbageMetrics } from './metrics.ts';
import { type NodeState, planGarbage, stateOf } from './plan.ts';

interface PodGarbageCollectorDeps {
  readonly pods: Pick<Lister<Pod>, 'list'>;
  readonly nodes: Pick<Lister<Node>, 'get'>;
  /** Asked before pods are declared orphans: the lister may be behind. */
  readonly nodeClient: Pick<Reader<Node>, 'get'>;
  readonly client: Pick<Writer<Pod>, 'delete' | 'patch'>;
  readonly clock: Clock;
  readonly terminatedPodThreshold: number;
  readonly metrics: GarbageMetrics;
}

/** The interval of the checks. */
const periodMs = 20_000;
/** How long a node may be missing before its pods are deleted (upstream's quarantine). */
const quarantineMs = 40_000;

const orphaned = { reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists' };

/** Uses one key for all pods. */
export class PodGarbageCollectorReconciler implements Reconciler {
  readonly name = 'pod-garbage-collector-controller';
  readonly #deps: PodGarbageCollectorDeps;
  readonly #missingSince = new Map<string, number>();

  constructor(deps: PodGarbageCollectorDeps) {
    this.#deps = deps;
  }

  async reconcile(): Promise<Result> {
    const pods = this.#deps.pods.list();
    const gone = await this.#goneNodes(pods);
    const nodeState = (name: string): NodeState => {
      if (gone.has(name)) return 'gone';
      const node = this.#deps.nodes.get(name);
      return node ? stateOf(node) : 'there';
    };
    const plan = planGarbage(pods, nodeState, this.#deps.terminatedPodThreshold);
    for (const pod of plan.stranded) {
      await this.#fail(pod, []);
      await this.#remove(pod, 'out-of-service');
    }
    for (const pod of plan.orphaned) {
      await this.#fail(pod, [disruptionTarget(pod, orphaned, this.#deps.clock.now())]);
      await this.#remove(pod, 'orphaned');
    }
    for (const pod of plan.remove) {
      await this.#fail(pod, []);
      await this.#remove(pod, isPodTerminal(pod) ? 'terminated' : 'unscheduled');
    }
    return { requeueAfterMs: periodMs };
  }

  /** Nodes that have been missing throughout their quarantine, and that the server does not have either. */
  async #goneNodes(pods: readonly Pod[]): Promise<ReadonlySet<string>> {
    const { nodes, nodeClient, clock } = this.#deps;
    const missing = new Set(
      pods.flatMap((pod) => (pod.spec.nodeName && !nodes.get(pod.spec.nodeName) ? [pod.spec.nodeName] : [])),
    );
    for (const name of this.#missingSince.keys()) if (!missing.has(name)) this.#missingSince.delete(name);
    const gone = new Set<string>();
    for (const name of missing) {
      const since = this.#missingSince.get(name) ?? clock.monotonic();
      this.#missingSince.set(name, since);
      if (clock.monotonic() - since >= quarantineMs && !(await ifFound(nodeClient.get({ name })))) gone.add(name);
    }
    return gone;
  }

  async #fail(pod: Pod, conditions: readonly PodCondition[]): Promise<void> {
    if (isPodTerminal(pod)) return;
    const { name, namespace, uid } = pod.metadata;
    const status = { phase: 'Failed', ...(conditions.length > 0 ? { conditions } : {}) };
    await this.#deps.client.patch(
      { name, namespace },
      { metadata: { uid }, status },
      { type: 'strategic', subresource: 'status' },
    );
  }

  async #remove(pod: Pod, reason: DeletionReason): Promise<void> {
    const { name, namespace = '', uid } = pod.metadata;
    this.#deps.metrics.deleted(namespace, reason);
    try {
      await this.#deps.client.delete({ name, namespace }, { gracePeriodSeconds: 0, preconditions: { uid } });
    } catch (error) {
      // It is gone already, or another pod has its name now.
      if (isNotFound(error) || isConflict(error)) return;
      this.#deps.metrics.failed(namespace, reason);
      throw error;
    }
  }
}
