import { type Pod, pods } from '@typernetes/api/core/v1';
import { messagesOf } from '@typernetes/base';
import { isForbidden, isNotFound, reasonOf, type StatusError } from '@typernetes/machinery';
import type { Session } from '../../session.ts';

export interface EvictionOptions {
  readonly session: Session;
  readonly signal: AbortSignal;
  /** Delete without asking disruption budgets. */
  readonly deletion: boolean;
  readonly dryRun: 'none' | 'client' | 'server';
  readonly gracePeriodSeconds: number;
}

/** Removes a pod, as often as a disruption budget says "not now", and waits until it is gone. */
export async function removePod(pod: Pod, options: EvictionOptions): Promise<void> {
  const { session, signal, deletion, dryRun } = options;
  const { name, namespace = '', uid } = pod.metadata;
  const suffix = { none: '', client: ' (dry run)', server: ' (server dry run)' }[dryRun];
  session.io.out(`${deletion ? 'deleting' : 'evicting'} pod ${namespace}/${name}${suffix}\n`);
  if (dryRun === 'client') return;
  await (deletion ? deletePod(pod, options) : evict(pod, options));
  if (dryRun === 'server') return;
  await untilPodGone({ name, namespace, uid }, { session, signal });
  session.io.out(`pod/${name} ${deletion ? 'deleted' : 'evicted'}\n`);
}

async function deletePod({ metadata }: Pod, { session, signal, ...options }: EvictionOptions): Promise<void> {
  const { name, namespace = '' } = metadata;
  const dry = options.dryRun === 'server' ? { dryRun: ['All'] } : {};
  await session.client
    .resource(pods)
    .delete({ name, namespace }, { ...graceOf(options), ...dry, signal })
    .catch(ignoreGone);
}

const retryMs = 5000;

async function evict({ metadata }: Pod, { session, signal, ...options }: EvictionOptions): Promise<void> {
  const { name, namespace = '' } = metadata;
  const body = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace },
    deleteOptions: graceOf(options),
  };
  for (;;) {
    try {
      await session.client
        .resource(pods)
        .createSubresource({ name, namespace }, 'eviction', body, { dryRun: options.dryRun === 'server', signal });
      return;
    } catch (error) {
      if (isNotFound(error)) return;
      const terminating = isForbidden(error) && messagesOf(error).includes('because it is being terminated');
      if (reasonOf(error) !== 'TooManyRequests' && !terminating) {
        throw new Error(
          `error when evicting pods/${JSON.stringify(name)} -n ${JSON.stringify(namespace)}: ${(error as StatusError).message}`,
        );
      }
      session.io.err(
        `error when evicting pods/${JSON.stringify(name)} -n ${JSON.stringify(namespace)} (will retry after 5s): ${messagesOf(error)}\n`,
      );
      await session.clock.sleep(retryMs, signal);
    }
  }
}

function graceOf({ gracePeriodSeconds }: Pick<EvictionOptions, 'gracePeriodSeconds'>): { gracePeriodSeconds?: number } {
  return gracePeriodSeconds >= 0 ? { gracePeriodSeconds } : {};
}

function ignoreGone(error: unknown): void {
  if (!isNotFound(error)) throw error;
}

async function untilPodGone(
  { name, namespace, uid }: { name: string; namespace: string; uid: string | undefined },
  { session, signal }: { session: Session; signal: AbortSignal },
): Promise<void> {
  for (let delay = 50; ; delay = Math.min(delay * 2, 1000)) {
    try {
      const current = await session.client.resource(pods).get({ name, namespace }, { signal });
      if (current.metadata.uid !== uid) return;
    } catch (error) {
      if (isNotFound(error)) return;
      throw error;
    }
    await session.clock.sleep(delay, signal);
  }
}
