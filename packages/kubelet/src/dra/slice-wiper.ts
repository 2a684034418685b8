import { type ResourceSlice, resourceslices } from '@typernetes/api/resource/v1';
import { type Clock, type Logger, messageOf } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import { isNotFound } from '@typernetes/machinery';

interface SliceWiperDeps {
  readonly client: Pick<ApiClient, 'resource'>;
  readonly nodeName: string;
  /** Whether the node is registered. Only then may this node delete its slices. */
  readonly isRegistered: () => boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

const retryMs = { first: 1000, most: 300_000 };

/**
 * Deletes the resource slices of one driver, or of all drivers, on this node: devices of a driver that is away must not
 * be allocated to pods, which would then wait for it here. Settles when it has succeeded, however many attempts that
 * takes, or when `signal` aborts.
 */
export async function wipeSlices(
  driver: string | undefined,
  { client, nodeName, isRegistered, clock, log }: SliceWiperDeps,
  signal: AbortSignal,
): Promise<void> {
  const fieldSelector = [`spec.nodeName=${nodeName}`, ...(driver ? [`spec.driver=${driver}`] : [])].join(',');
  for (let delayMs = retryMs.first; !signal.aborted; delayMs = Math.min(delayMs * 2, retryMs.most)) {
    if (isRegistered()) {
      try {
        await client.resource<ResourceSlice>(resourceslices).deleteCollection({ fieldSelector, signal });
        log.info('Deleted resource slices', { fieldSelector });
        return;
      } catch (error) {
        if (signal.aborted || isNotFound(error)) return;
        log.warn('Cannot delete resource slices', { fieldSelector, error: messageOf(error) });
      }
    }
    await clock.sleep(delayMs, signal).catch(() => {});
  }
}
