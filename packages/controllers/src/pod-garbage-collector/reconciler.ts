import { isPodTerminal } from '@typernetes/api';
import type { Node, Pod, PodCondition } from '@typernetes/api/core/v1';
import { type Clock, timestamp } from '@typernetes/base';
import type { Lister, Reader, Reconciler, Result, Writer } from '@typernetes/client';
import { isConflict, isNotFound } from '@typernetes/machinery';
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

/** Uses one key for all pods. */
export function podGarbageCollectorReconciler(deps: PodGarbageCollectorDeps): Reconciler {
  const missingSince = new Map<string, number>();

  /** False only for nodes that have been missing throughout their quarantine. */
  async function goneNodes(pods: readonly Pod[]): Promise<ReadonlySet<string>> {
    const missing = new Set(
      pods.flatMap((pod) => (pod.spec.nodeName && !deps.nodes.get(pod.spec.nodeName) ? [pod.spec.nodeName] : [])),
    );
    for (const name of missingSince.keys()) if (!missing.has(name)) missingSince.delete(name);
    const gone = new Set<string>();
    for (const name of missing) {
      const since = missingSince.get(name) ?? deps.clock.monotonic();
      missingSince.set(name, since);
      if (deps.clock.monotonic() - since >= quarantineMs && (await isGone(name))) gone.add(name);
    }
    return gone;
  }

  async function isGone(name: string): Promise<boolean> {
    try {
      await deps.nodeClient.get({ name });
      return false;
    } catch (error) {
      if (isNotFound(error)) return true;
      throw error;
    }
  }

  const orphanCondition = ({ metadata: { generation } }: Pod): PodCondition => ({
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByPodGC',
    message: 'PodGC: node no longer exists',
    lastTransitionTime: timestamp(deps.clock.now()),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  });

  async function fail(pod: Pod, conditions: readonly PodCondition[]): Promise<void> {
    if (isPodTerminal(pod)) return;
    const { name, namespace, uid } = pod.metadata;
    const status = { phase: 'Failed', ...(conditions.length > 0 ? { conditions } : {}) };
    await deps.client.patch(
      { name, namespace },
      { metadata: { uid }, status },
      { type: 'strategic', subresource: 'status' },
    );
  }

  async function remove(pod: Pod, reason: DeletionReason): Promise<void> {
    const { name, namespace = '', uid } = pod.metadata;
    deps.metrics.deleted(namespace, reason);
    try {
      await deps.client.delete({ name, namespace }, { gracePeriodSeconds: 0, preconditions: { uid } });
    } catch (error) {
      // It is gone already, or another pod has its name now.
      if (isNotFound(error) || isConflict(error)) return;
      deps.metrics.failed(namespace, reason);
      throw error;
    }
  }

  return {
    name: 'pod-garbage-collector-controller',
    async reconcile(): Promise<Result> {
      const pods = deps.pods.list();
      const gone = await goneNodes(pods);
      const nodeState = (name: string): NodeState => {
        if (gone.has(name)) return 'gone';
        const node = deps.nodes.get(name);
        return node ? stateOf(node) : 'there';
      };
      const plan = planGarbage(pods, nodeState, deps.terminatedPodThreshold);
      for (const pod of plan.stranded) {
        await fail(pod, []);
        await remove(pod, 'out-of-service');
      }
      for (const pod of plan.orphaned) {
        await fail(pod, [orphanCondition(pod)]);
        await remove(pod, 'orphaned');
      }
      for (const pod of plan.remove) {
        await fail(pod, []);
        await remove(pod, isPodTerminal(pod) ? 'terminated' : 'unscheduled');
      }
      return { requeueAfterMs: periodMs };
    },
  };
}
