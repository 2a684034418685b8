import type { Pod } from '@typernetes/api/core/v1';
import { isAbort, type Logger, messageOf } from '@typernetes/base';
import type { ContainerRuntime } from '@typernetes/cri';
import { labels } from '../pod/labels.ts';

/**
 * Removes the containers of pods that have ended, and with them what they wrote: their logs' owners have had their time when a disk runs short
 * (upstream: DeleteAllUnusedContainers). Those of pods that run stay, each is the only one of its kind.
 */
export async function removeEndedContainers(
  ended: readonly Pod[],
  {
    runtime,
    log,
  }: { readonly runtime: Pick<ContainerRuntime, 'listContainers' | 'removeContainer'>; readonly log: Logger },
  signal: AbortSignal,
): Promise<void> {
  if (ended.length === 0) return;
  const uids = new Set(ended.map(({ metadata }) => metadata.uid));
  for (const { id, labels: own } of await runtime.listContainers({ state: 'CONTAINER_EXITED' }, { signal })) {
    if (!uids.has(own[labels.podUid] ?? '')) continue;
    try {
      await runtime.removeContainer(id, { signal });
    } catch (error) {
      if (isAbort(error, signal)) throw error;
      log.warn('Cannot remove ended container', { container: id, error: messageOf(error) });
    }
  }
}
