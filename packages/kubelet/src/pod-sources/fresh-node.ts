import { nodeMatchesPodRequirements, untoleratedTaint } from '@typernetes/api';
import type { Node, Pod } from '@typernetes/api/core/v1';
import { type Clock, type Logger, messageOf, type Runnable } from '@typernetes/base';
import { aborted } from '../lifecycle/aborted.ts';
import type { PodTaker } from './api-source.ts';

interface FreshNodeDeps {
  /** The node as last read. */
  readonly node: () => Node | undefined;
  /** Reads it again. */
  readonly refresh: () => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

const retryMs = { first: 200, most: 10_000 };

/**
 * Passes pods on to their workers. A new pod that does not fit the node waits until the node has been read again: its
 * labels or taints may have changed just now, and the scheduler has already seen that. Otherwise pods would be rejected
 * for good because of stale data. If the server is unreachable, the read is retried.
 */
export function onFreshNode(workers: PodTaker, deps: FreshNodeDeps): PodTaker & Runnable {
  const waiting = new Map<string, Pod>();
  const running = new Set<Promise<void>>();
  const stop = new AbortController();
  const handOn = async (uid: string): Promise<void> => {
    for (let waitMs = retryMs.first; waiting.has(uid) && !stop.signal.aborted; ) {
      try {
        await deps.refresh();
        break;
      } catch (error) {
        deps.log.warn('Cannot read the node for a new pod', { uid, error: messageOf(error) });
        await deps.clock.sleep(waitMs, stop.signal).catch(() => {});
        waitMs = Math.min(waitMs * 2, retryMs.most);
      }
    }
    const pod = waiting.get(uid);
    waiting.delete(uid);
    if (pod && !stop.signal.aborted) workers.set(pod);
  };
  return {
    name: 'fresh-node',
    async run(signal) {
      await aborted(signal);
      stop.abort();
      await Promise.all(running);
    },
    set(pod) {
      const { uid } = pod.metadata;
      if (!waiting.has(uid) && (!isNew(pod) || suits(pod, deps.node()))) {
        workers.set(pod);
        return;
      }
      const isFirst = !waiting.has(uid);
      waiting.set(uid, pod);
      if (!isFirst) return;
      const handing = handOn(uid).finally(() => running.delete(handing));
      running.add(handing);
    },
    remove(uid) {
      waiting.delete(uid);
      workers.remove(uid);
    },
  };
}

/** No kubelet has acknowledged the pod yet: nothing of it runs here. */
const isNew = ({ status }: Pod): boolean =>
  (status?.phase ?? 'Pending') === 'Pending' && status?.startTime === undefined;

function suits({ spec }: Pod, node: Node | undefined): boolean {
  if (!node) return true;
  const evicting = node.spec.taints?.filter(({ effect }) => effect === 'NoExecute') ?? [];
  return nodeMatchesPodRequirements(node, spec) && !untoleratedTaint(evicting, spec.tolerations ?? []);
}
