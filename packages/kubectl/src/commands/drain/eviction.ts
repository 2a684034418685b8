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
  /** How long all of it may take, for messages. */
  readonly timeout: string;
}

/** Removes a pod, as often as a disruption budget says "not now", and waits until it is gone. */
export async function removePod(pod: Pod, options: EvictionOptions): Promise<void> {
  const { session, signal, deletion, dryRun } = options;
  const { name, namespace = '', uid } = pod.metadata;
  if (dryRun === 'client') return tell(pod, options);
  await (deletion ? deletePod(pod, options) : evict(pod, options));
  if (dryRun === 'server') return;
  try {
    await untilPodGone({ name, namespace, uid }, { session, signal });
  } catch (error) {
    const why = signal.aborted ? `global timeout reached: ${options.timeout}` : messagesOf(error);
    throw new Error(
      deletion
        ? `error when waiting for pods to terminate: ${why}`
        : `error when waiting for pod ${JSON.stringify(name)} in namespace ${JSON.stringify(namespace)} to terminate: ${why}`,
    );
  }
  session.io.out(`pod/${name} ${deletion ? 'deleted' : 'evicted'}\n`);
}

/** Deletions are told of when they are done. */
function tell({ metadata }: Pod, { session, deletion, dryRun }: EvictionOptions): void {
  if (deletion && dryRun === 'none') return;
  const suffix = { none: '', client: ' (dry run)', server: ' (server dry run)' }[dryRun];
  const verb = deletion && dryRun !== 'client' ? 'deleting' : 'evicting';
  session.io.out(`${verb} pod ${metadata.namespace}/${metadata.name}${suffix}\n`);
}

async function deletePod(pod: Pod, options: EvictionOptions): Promise<void> {
  const { session, signal, dryRun } = options;
  const { name, namespace = '' } = pod.metadata;
  tell(pod, options);
  const dry = dryRun === 'server' ? { dryRun: ['All'] } : {};
  await session.client
    .resource(pods)
    .delete({ name, namespace }, { ...graceOf(options), ...dry, signal })
    .catch(ignoreGone);
}

const retryMs = 5000;

async function evict(pod: Pod, options: EvictionOptions): Promise<void> {
  const { session, signal } = options;
  const { name, namespace = '' } = pod.metadata;
  const body = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace },
    deleteOptions: graceOf(options),
  };
  const where = `error when evicting pods/${JSON.stringify(name)} -n ${JSON.stringify(namespace)}`;
  for (;;) {
    // As upstream: each time anew, the last time as well.
    tell(pod, options);
    if (signal.aborted) throw new Error(`${where}: global timeout reached: ${options.timeout}`);
    try {
      const dryRun = options.dryRun === 'server';
      await session.client.resource(pods).createSubresource({ name, namespace }, 'eviction', body, { dryRun });
      return;
    } catch (error) {
      if (isNotFound(error)) return;
      const terminating = isForbidden(error) && messagesOf(error).includes('because it is being terminated');
      if (reasonOf(error) !== 'TooManyRequests' && !terminating)
        throw new Error(`${where}: ${(error as StatusError).message}`);
      session.io.err(`${where} (will retry after 5s): ${messagesOf(error)}\n`);
      // What cuts the wait short is told of above.
      await session.clock.sleep(retryMs, signal).catch(() => undefined);
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
