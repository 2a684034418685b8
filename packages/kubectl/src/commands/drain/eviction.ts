import { type Pod, pods } from '@typernetes/api/core/v1';
import { messagesOf } from '@typernetes/base';
import { isForbidden, isNotFound, reasonOf, type StatusError } from '@typernetes/machinery';
import type { Session } from '../../session.ts';
import { type DryRun, drySuffix } from '../result.ts';
import { isLongGoing } from './doomed-pods.ts';

export interface EvictionOptions {
  readonly session: Session;
  readonly signal: AbortSignal;
  readonly dryRun: DryRun;
  readonly gracePeriodSeconds: number;
  /** Pods that have been going for longer than these seconds are not waited for; 0 for never. */
  readonly skipWaitForDeleteTimeout: number;
  /** How long all of it may take, for messages. */
  readonly timeout: string;
}

/** Pods took longer to go than the drain may take. */
export class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed';
  constructor() {
    super('context deadline exceeded');
  }
}

/** Evicts pods, all at once, the last one first as upstream does, and waits until they are gone. Resolves to what went wrong, as it came. */
export async function evictPods(all: readonly Pod[], options: EvictionOptions): Promise<string[]> {
  const problems: string[] = [];
  const inTurn = [...all.slice(-1), ...all.slice(0, -1)];
  const failed = (error: unknown): void => void problems.push(messagesOf(error));
  await Promise.all(inTurn.map((pod) => evictAndWait(pod, options).catch(failed)));
  return problems;
}

async function evictAndWait(pod: Pod, options: EvictionOptions): Promise<void> {
  await evict(pod, options);
  if (options.dryRun === 'server') return;
  const { name, namespace } = pod.metadata;
  try {
    await untilGone([pod], 'evicted', options);
  } catch (error) {
    throw new Error(
      `error when waiting for pod ${JSON.stringify(name)} in namespace ${JSON.stringify(namespace)} to terminate: ${messagesOf(error)}`,
    );
  }
}

/** Deletes pods one after the other, and then waits for all of them together. */
export async function deletePods(all: readonly Pod[], options: EvictionOptions): Promise<void> {
  const { session, signal, dryRun } = options;
  const dry = dryRun === 'server' ? { dryRun: ['All'] } : {};
  for (const { metadata } of all) {
    const { name, namespace = '' } = metadata;
    await session.client
      .resource(pods)
      .delete({ name, namespace }, { ...graceOf(options), ...dry, signal })
      .catch(ignoreGone);
  }
  if (dryRun !== 'server') await untilGone(all, 'deleted', options);
}

/** What a drain would do. */
export function printEvictions(all: readonly Pod[], { session }: Pick<EvictionOptions, 'session'>): void {
  for (const { metadata } of all) session.io.out(`evicting pod ${metadata.namespace}/${metadata.name} (dry run)\n`);
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
    session.io.out(`evicting pod ${namespace}/${name}${drySuffix(options.dryRun)}\n`);
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

function ignoreGone(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
}

/** Says of each pod that it is gone, or that it has been going for so long that nobody waits for it. */
async function untilGone(
  all: readonly Pod[],
  verb: 'evicted' | 'deleted',
  { session, signal, skipWaitForDeleteTimeout: seconds }: EvictionOptions,
): Promise<void> {
  const { clock, io } = session;
  const isOver = async ({ metadata: { name, namespace = '', uid } }: Pod): Promise<boolean> => {
    const current = await session.client.resource(pods).get({ name, namespace }, { signal }).catch(ignoreGone);
    if (!current || current.metadata.uid !== uid) {
      io.out(`pod/${name} ${verb}\n`);
      return true;
    }
    if (!isLongGoing(current, { seconds, now: clock.now() })) return false;
    io.out(`pod ${JSON.stringify(name)} has DeletionTimestamp older than ${seconds} seconds, skipping\n`);
    return true;
  };
  try {
    for (let left = all, delay = 50; ; delay = Math.min(delay * 2, 1000)) {
      const still: Pod[] = [];
      for (const pod of left) if (!(await isOver(pod))) still.push(pod);
      if (still.length === 0) return;
      left = still;
      await clock.sleep(delay, signal);
    }
  } catch (error) {
    if (signal.aborted) throw new DeadlinePassed();
    throw error;
  }
}
