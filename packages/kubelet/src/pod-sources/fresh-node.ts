import { nodeMatchesPodRequirements, untoleratedTaint } from '@typernetes/api';
import type { Node, Pod } from '@typernetes/api/core/v1';
import { type Logger, messageOf } from '@typernetes/base';
import type { ApiSourceSinks } from './api-source.ts';

export interface FreshNodeDeps {
  /** As last read. */
  readonly node: () => Node | undefined;
  /** Reads it again. */
  readonly refresh: () => Promise<void>;
  readonly log: Logger;
}

/**
 * Hands pods on to their workers. A new one that does not suit the node waits until the node was read again: its labels or taints may have
 * been changed a moment ago, and the scheduler has seen it already. Without that, pods are refused for a node that is no more.
 */
export function onFreshNode(workers: ApiSourceSinks['workers'], deps: FreshNodeDeps): ApiSourceSinks['workers'] {
  const waiting = new Map<string, Pod>();
  const handOn = (uid: string): void => {
    const pod = waiting.get(uid);
    waiting.delete(uid);
    if (pod) workers.set(pod);
  };
  return {
    set(pod) {
      const { uid } = pod.metadata;
      if (!waiting.has(uid) && (!isNew(pod) || suits(pod, deps.node()))) {
        workers.set(pod);
        return;
      }
      const isFirst = !waiting.has(uid);
      waiting.set(uid, pod);
      if (!isFirst) return;
      deps.refresh().then(
        () => handOn(uid),
        (error: unknown) => {
          deps.log.warn('Cannot read the node for a new pod', { uid, error: messageOf(error) });
          handOn(uid);
        },
      );
    },
    remove(uid) {
      waiting.delete(uid);
      workers.remove(uid);
    },
  };
}

/** No kubelet has taken it up yet: nothing of it runs here. */
const isNew = ({ status }: Pod): boolean =>
  (status?.phase ?? 'Pending') === 'Pending' && status?.startTime === undefined;

function suits({ spec }: Pod, node: Node | undefined): boolean {
  if (!node) return true;
  const evicting = node.spec.taints?.filter(({ effect }) => effect === 'NoExecute') ?? [];
  return nodeMatchesPodRequirements(node, spec) && !untoleratedTaint(evicting, spec.tolerations ?? []);
}
