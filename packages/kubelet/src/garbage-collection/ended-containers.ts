import type { Pod } from '@typernetes/api/core/v1';
import { isAbort, type Logger, messageOf } from '@typernetes/base';
import type { ContainerRuntime } from '@typernetes/cri';
import { labels } from '../pod/labels.ts';

/**
 * Removes the containers of ended pods, and with them their writable layers: when the disk runs short, their logs need
 * not be kept any longer (upstream: DeleteAllUnusedContainers). Containers of running pods stay: each is the only one
 * of its kind.
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
