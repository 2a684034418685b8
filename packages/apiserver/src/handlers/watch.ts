import { type Random, systemRandom } from '@typernetes/base';
import { isTrueParameter, StatusError } from '@typernetes/machinery';
import type { CacheEvent } from '../cache/cache-event.ts';
import { expired, tooOld } from '../cache/revision-errors.ts';
import { protobufType } from '../request/negotiation.ts';
import { statusErrorOf } from '../request/reply.ts';
import type { Reply, Sink } from '../request/server-request.ts';
import type { ResourceStorage, StorageDependencies } from '../storage/resource-storage.ts';
import { JoinedEvents } from './joined-events.ts';
import { untilFuture } from './list.ts';
import { checkListParameters, checkWatchParameters, integerParameter } from './list-options.ts';
import type { OutputOptions } from './output-options.ts';
import { revisionOf } from './revisions.ts';
import { parseSelectors, type Selection, type Selectors } from './selection.ts';
import { WatchBacklog } from './watch-backlog.ts';
import { EventEncoder, eventFor } from './watch-encode.ts';

interface WatchRequest {
  readonly revision: number | undefined;
  readonly bookmarks: boolean;
  /** Undefined: initial events are sent when no revision, or 0, is given, but no bookmark tells their end. */
  readonly sendInitialEvents: boolean | undefined;
  readonly timeoutMs: number;
}

/** Limits what unread events of watches may take, in bytes; shared by all servers of the process. */
const backlog = new WatchBacklog({ ofOne: 64 * 1024 * 1024, ofAll: 256 * 1024 * 1024 });
const bookmarkIntervalMs = 60_000;
const defaultMinMs = 30 * 60_000;

/** Watches without a timeout end after `minWatchMs` (default: 30 minutes) to twice that, so that clients spread over servers. */
export function parseWatchRequest(
  query: URLSearchParams,
  select: (selectors: Selectors) => Selection,
  { featureEnabled, minWatchMs: minMs = defaultMinMs }: Pick<StorageDependencies, 'featureEnabled' | 'minWatchMs'>,
  random: Random = systemRandom,
): WatchRequest & { readonly selection: Selection } {
  const seconds = integerParameter(query, 'timeoutSeconds') ?? 0;
  // A watch ignores it, but an invalid one is an error.
  integerParameter(query, 'limit');
  const selectors = parseSelectors(query);
  // The deprecated paths may leave `watch` out: their parameters are checked as a list's, as upstream does.
  const asksToWatch = isTrueParameter(query.get('watch'));
  const canBegin = featureEnabled('WatchList');
  if (asksToWatch) checkWatchParameters(query, { watchList: canBegin });
  else checkListParameters(query);
  const selection = select(selectors);
  const revision = revisionOf(query.get('resourceVersion'));
  return {
    selection,
    revision,
    bookmarks: isTrueParameter(query.get('allowWatchBookmarks')),
    sendInitialEvents: sendsInitialEvents(query, canBegin && asksToWatch && !revision),
    // Less than none is over at once.
    timeoutMs: seconds === 0 ? minMs * (1 + random.next()) : Math.max(seconds, 0) * 1000,
  };
}

/** Watches that have always begun with the present state ask for it by default (upstream: SetListOptionsDefaults). */
function sendsInitialEvents(query: URLSearchParams, byDefault: boolean): boolean | undefined {
  const said = query.get('sendInitialEvents');
  if (said !== null) return isTrueParameter(said);
  return byDefault ? true : undefined;
}

/** Streams events, as JSON one per line, until the client disconnects or the timeout is over. */
export function watchReply(
  storage: ResourceStorage,
  selection: Selection,
  request: WatchRequest,
  output: OutputOptions,
): Reply {
  const { format } = output.representation;
  if (format === 'yaml')
    throw new StatusError(
      'NotAcceptable',
      `only the following media types are accepted: application/json;stream=watch, ${protobufType};stream=watch`,
    );
  return {
    status: 200,
    headers: { 'content-type': format === 'protobuf' ? `${protobufType};stream=watch` : 'application/json' },
    body: async (sink) => {
      const encoder = new EventEncoder(storage, output);
      try {
        await run(storage, selection, request, { encoder, sink });
      } catch (error) {
        // A client that does not read would not see an ERROR event either: its connection is cut.
        if (error instanceof TooSlowError) throw error;
        sink.write(encoder.value('ERROR', statusErrorOf(error).toStatus()));
      }
    },
  };
}

/** The client reads too slowly. As upstream, the watch ends; a client can resume from the last revision it has read. */
class TooSlowError extends Error {
  override readonly name = 'TooSlowError';
}

async function run(
  storage: ResourceStorage,
  selection: Selection,
  request: WatchRequest,
  { encoder, sink }: { encoder: EventEncoder; sink: Sink },
): Promise<void> {
  const { cache, form, deps } = storage;
  const { feed, clock } = deps;
  const startedAt = clock.monotonic();
  const { revision } = request;
  const initial = request.sendInitialEvents ?? !revision;
  // Where the events begin, if not at the present: revision 0 stands for any, and the cache's is one.
  const since = initial || !revision ? undefined : revision;
  if (revision === undefined) await feed.untilCurrent();
  else if (revision > feed.revision) await (initial ? untilFuture(storage, revision) : untilKnown(storage, revision));
  if (since !== undefined && since < cache.windowStart) await storage.reachBack(since);
  if (initial && form.ready) await storage.untilReady(selection);
  if (sink.signal.aborted) return;

  // No await from here to the subscription, so that no event is missed.
  const from = since ?? feed.revision;
  if (initial) {
    let sent = 0;
    const events = new JoinedEvents(sink);
    for (const [, cached] of storage.candidates(selection)) {
      const object = form.of(cached);
      if (!selection.matches(object)) continue;
      events.add(...encoder.pieces('ADDED', object));
      sent++;
    }
    events.flush();
    storage.reads?.began(sent);
    if (request.sendInitialEvents && request.bookmarks) {
      sink.write(encoder.bookmark(feed.revision, true));
      storage.reads?.watchListed(
        (clock.monotonic() - startedAt) / 1000,
        selection.keyPrefix === '' ? 'cluster' : 'namespace',
      );
    }
  }
  const past = initial ? [] : cache.since(from);
  if (!past) throw tooOld(from, cache.windowStart);

  const done = Promise.withResolvers<void>();
  const show = (events: readonly CacheEvent[], areNew = true): void => {
    if (sink.signal.aborted) return;
    for (const event of events) {
      if (event.revision <= from || !event.key.startsWith(selection.keyPrefix)) continue;
      const seen = eventFor(event, selection, form);
      if (seen) sink.write(encoder.encode(seen.type, seen.object, areNew ? event : undefined));
    }
    backlog.look(sink, cut);
  };
  let isCut = false;
  const cut = (): void => {
    if (isCut) return;
    isCut = true;
    storage.reads?.terminated();
    done.reject(new TooSlowError('The watcher does not read as fast as things change'));
  };
  let converting = Promise.resolve();
  const send = (events: readonly CacheEvent[], areNew = true): void => {
    if (!form.ready) {
      show(events, areNew);
      return;
    }
    // One batch after the other, to keep the order of events.
    const states = events.flatMap(({ current, previous }) => [current, previous].filter((one) => one !== undefined));
    converting = converting
      .then(() => form.ready?.(states))
      .then(() => show(events, areNew))
      .catch(done.reject);
  };
  send(past, false);
  const reset = (): void =>
    done.reject(new StatusError('Expired', 'The resource version is too old: the watch cache was read anew'));
  const unsubscribe = cache.onEvents(send, { reset, pin: selection.pin });
  const cancelTimeout = clock.after(request.timeoutMs, () => done.resolve());
  const stopBookmarks = request.bookmarks ? sendBookmarks(storage, encoder, sink) : () => {};
  const onAbort = (): void => done.resolve();
  sink.signal.addEventListener('abort', onAbort, { once: true });
  // When the resource is no longer served, there are no more events.
  storage.gone.addEventListener('abort', onAbort, { once: true });
  try {
    await done.promise;
    if (request.bookmarks && !sink.signal.aborted) sink.write(encoder.bookmark(feed.revision, false));
  } finally {
    unsubscribe();
    backlog.leave(sink);
    cancelTimeout();
    stopBookmarks();
    sink.signal.removeEventListener('abort', onAbort);
    storage.gone.removeEventListener('abort', onAbort);
  }
}

/**
 * Waits for a revision that another server has shown and that has not arrived here yet. If the store does not know it
 * either, it comes from data that has since been replaced by an older backup: no events would match until that revision
 * is reached again, so the watch fails with Expired, and its client lists again. Upstream leaves it waiting.
 */
async function untilKnown({ deps: { feed } }: ResourceStorage, revision: number): Promise<void> {
  await feed.untilCurrent();
  if (revision > feed.revision) throw expired(`too large resource version: ${revision}, current: ${feed.revision}`);
}

function sendBookmarks({ deps }: ResourceStorage, encoder: EventEncoder, sink: Sink): () => void {
  let cancel = (): void => {};
  const again = (): void => {
    cancel = deps.clock.after(bookmarkIntervalMs, () => {
      sink.write(encoder.bookmark(deps.feed.revision, false));
      again();
    });
  };
  again();
  return () => cancel();
}
