import { isPodTerminal } from '@typernetes/api';
import type { Node, Pod } from '@typernetes/api/core/v1';
import { type Clock, timestamp } from '@typernetes/base';
import type { EventRecorder, Lister, Reconciler, Result, Writer } from '@typernetes/client';
import { isNotFound } from '@typernetes/machinery';
import type { Evicted } from '../pods/eviction-metrics.ts';
import { permittedStayMs } from './plan.ts';

interface TaintEvictionDeps {
  readonly pods: Pick<Lister<Pod>, 'get'>;
  readonly nodes: Pick<Lister<Node>, 'get'>;
  readonly client: Pick<Writer<Pod>, 'delete' | 'patch'>;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly evicted: Evicted;
}

export function taintEvictionReconciler({
  pods,
  nodes,
  client,
  events,
  clock,
  evicted,
}: TaintEvictionDeps): Reconciler {
  /** Since when a pod has been on borrowed time. Lost with the process: its pods get their full time again, as upstream's. */
  const tolerated = new Map<string, { readonly uid: string; readonly since: number; readonly isEvicted?: boolean }>();

  async function evict(pod: Pod, signal: AbortSignal): Promise<void> {
    const { name, namespace = '', uid } = pod.metadata;
    events.event(
      { apiVersion: 'v1', kind: 'Pod', metadata: pod.metadata },
      'Normal',
      'TaintManagerEviction',
      `Marking for deletion Pod ${namespace}/${name}`,
    );
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
      lastTransitionTime: timestamp(clock.now()),
      ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    };
    try {
      await client.patch(
        { name, namespace },
        { metadata: { uid }, status: { conditions: [condition] } },
        { type: 'strategic', subresource: 'status', signal },
      );
      await client.delete({ name, namespace }, { preconditions: { uid }, signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  return {
    name: 'taint-eviction-controller',
    async reconcile(key, signal): Promise<Result> {
      const pod = pods.get(key);
      const node = pod?.spec.nodeName ? nodes.get(pod.spec.nodeName) : undefined;
      if (!pod || !node || pod.metadata.deletionTimestamp !== undefined || isPodTerminal(pod)) {
        tolerated.delete(key);
        return {};
      }
      // Its deletion was requested, only the event is late.
      const known = tolerated.get(key);
      if (known?.isEvicted && known.uid === pod.metadata.uid) return {};
      const stay = permittedStayMs(pod.spec.tolerations ?? [], node.spec.taints ?? []);
      if (stay === Number.POSITIVE_INFINITY) {
        if (tolerated.delete(key)) {
          const target = { apiVersion: 'v1', kind: 'Pod', metadata: pod.metadata };
          events.event(target, 'Normal', 'TaintManagerEviction', `Cancelling deletion of Pod ${key}`);
        }
        return {};
      }
      // A new pod with the same name has its own time.
      const { uid } = pod.metadata;
      const since = known?.uid === uid ? known.since : clock.monotonic();
      tolerated.set(key, { uid, since });
      const remaining = since + stay - clock.monotonic();
      if (remaining > 0) return { requeueAfterMs: remaining };
      await evict(pod, signal);
      evicted(-remaining / 1000);
      tolerated.set(key, { uid, since, isEvicted: true });
      return {};
    },
  };
}
