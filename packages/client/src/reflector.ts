import type { Clock, Logger, Random } from '@typernetes/base';
import { type ApiObject, isExpired, reasonOf, type StatusReason } from '@typernetes/machinery';
import { BackOff } from './back-off.ts';
import type { ListOptions, Reader, WatchEvent } from './resource-client.ts';

/** The receiver of a reflector's events. Calls come one at a time, in the order of the server's events. */
export interface ReflectorSink<T> {
  /** The complete state at a revision: from the first list, or a later one when the watch could not be resumed. */
  replace(objects: readonly T[], revision: string): void;
  /** The next change. Bookmarks only advance the revision. */
  apply(event: WatchEvent<T>): void;
}

interface ReflectorOptions {
  readonly narrowed: Pick<ListOptions, 'namespace' | 'labelSelector' | 'fieldSelector' | 'metadataOnly'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** The timeout that is requested for a watch, up to doubled at random to spread the load of new ones. */
const watchSeconds = 300;
/** A server that has not ended a watch this long after its timeout counts as gone. */
const overdueMs = 60_000;
/** A watch that ends sooner without having delivered anything counts as a failure. */
const shortWatchMs = 1000;
/** Errors after which the revision cannot be trusted: the state is listed again. */
const lostTrack: ReadonlySet<StatusReason | undefined> = new Set<StatusReason>(['InternalError', 'Timeout', 'Invalid']);

/**
 * Lists, then watches from the list's revision; resumes a broken watch from the last revision seen and lists again only
 * when the server no longer has it (410) or does not know it. It lists although client-go streams the first state as events (WatchList): our server
 * joins a list from what it has, at a tenth of the processor time of as many events. Objects come without managed fields. Settles when `signal` aborts.
 */
export async function reflect<T extends ApiObject>(
  source: Pick<Reader<T>, 'list' | 'watch'>,
  sink: ReflectorSink<T>,
  options: ReflectorOptions & { readonly signal: AbortSignal },
): Promise<void> {
  const { clock, random, log, signal } = options;
  const wanted = { ...options.narrowed, withoutManagedFields: true };
  const backOff = new BackOff({ firstMs: 50, maxMs: 10_000, random });
  let revision: string | undefined;
  let relisted = false;

  const follow = async (from: string): Promise<'progress' | 'nothing'> => {
    const startedAt = clock.monotonic();
    let delivered = false;
    const timeoutSeconds = Math.ceil(watchSeconds * (1 + random.next()));
    const overdue = new AbortController();
    const scope = AbortSignal.any([signal, overdue.signal]);
    const cancel = clock.after(timeoutSeconds * 1000 + overdueMs, () => overdue.abort());
    const watch = { ...wanted, resourceVersion: from, allowWatchBookmarks: true, timeoutSeconds, signal: scope };
    try {
      for await (const event of source.watch(watch)) {
        if (signal.aborted) break;
        delivered = true;
        relisted = false;
        backOff.reset();
        revision = event.object.metadata.resourceVersion;
        sink.apply(event);
      }
    } finally {
      cancel();
    }
    return delivered || clock.monotonic() - startedAt >= shortWatchMs ? 'progress' : 'nothing';
  };

  while (!signal.aborted) {
    let pauseMs = 0;
    try {
      if (revision === undefined) {
        const list = await source.list({ ...wanted, signal });
        if (signal.aborted) return;
        revision = list.metadata.resourceVersion ?? '';
        sink.replace(list.items, revision);
      }
      if ((await follow(revision)) === 'progress') backOff.reset();
      else pauseMs = backOff.next();
    } catch (error) {
      if (signal.aborted) return;
      if (isExpired(error)) {
        log.debug('Watch expired, listing again', { revision });
        revision = undefined;
        pauseMs = relisted ? backOff.next() : 0; // do not hammer a server that expires every fresh list
        relisted = true;
      } else {
        log.warn('Watch failed, trying again', { revision, cause: String(error) });
        if (lostTrack.has(reasonOf(error))) revision = undefined;
        pauseMs = backOff.next();
      }
    }
    if (pauseMs > 0 && !signal.aborted) await pause(clock, pauseMs, signal);
  }
}

async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
