import { isPodTerminal } from '@typernetes/api';
import { type Node, type Pod, pods } from '@typernetes/api/core/v1';
import type { Clock } from '@typernetes/base';
import {
  type EventRecorder,
  eventTarget,
  type Lister,
  type Reconciler,
  type Result,
  type Writer,
} from '@typernetes/client';
import type { ObjectKey } from '@typernetes/machinery';
import { evictPod } from '../pods/disruption.ts';
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

interface BorrowedTime {
  readonly uid: string;
  readonly since: number;
  readonly isEvicted?: boolean;
}

const disruption = {
  reason: 'DeletionByTaintManager',
  message: 'Taint manager: deleting due to NoExecute taint',
};

export class TaintEvictionReconciler implements Reconciler {
  readonly name = 'taint-eviction-controller';
  readonly #deps: TaintEvictionDeps;
  /** Lost with the process: its pods get their full time again, as upstream's. */
  readonly #tolerated = new Map<string, BorrowedTime>();

  constructor(deps: TaintEvictionDeps) {
    this.#deps = deps;
  }

  async reconcile(key: ObjectKey, signal: AbortSignal): Promise<Result> {
    const { nodes, client, clock, evicted } = this.#deps;
    const pod = this.#deps.pods.get(key);
    const node = pod?.spec.nodeName ? nodes.get(pod.spec.nodeName) : undefined;
    if (!pod || !node || pod.metadata.deletionTimestamp !== undefined || isPodTerminal(pod)) {
      this.#tolerated.delete(key);
      return {};
    }
    const { uid } = pod.metadata;
    const known = this.#tolerated.get(key);
    // Its deletion was requested, only the event is late.
    if (known?.isEvicted && known.uid === uid) return {};
    const stay = permittedStayMs(pod.spec.tolerations ?? [], node.spec.taints ?? []);
    if (stay === Number.POSITIVE_INFINITY) {
      if (this.#tolerated.delete(key)) this.#record(pod, `Cancelling deletion of Pod ${key}`);
      return {};
    }
    // A new pod with the same name has its own time.
    const since = known?.uid === uid ? known.since : clock.monotonic();
    this.#tolerated.set(key, { uid, since });
    const remaining = since + stay - clock.monotonic();
    if (remaining > 0) return { requeueAfterMs: remaining };
    this.#record(pod, `Marking for deletion Pod ${key}`);
    await evictPod(pod, disruption, { client, clock, signal });
    evicted(-remaining / 1000);
    this.#tolerated.set(key, { uid, since, isEvicted: true });
    return {};
  }

  #record(pod: Pod, message: string): void {
    this.#deps.events.event(eventTarget(pods, pod), 'Normal', 'TaintManagerEviction', message);
  }
}
