import { badRequest, type ListMeta } from '@typernetes/machinery';
import { CompactedError } from '@typernetes/store';
import { CachedObject } from '../cache/cached-object.ts';
import { tooLarge, tooOld } from '../cache/revision-errors.ts';
import type { ServedResource } from '../registry/served-resource.ts';
import type { ResourceStorage } from '../storage/resource-storage.ts';
import { checkListParameters, integerParameter } from './list-options.ts';
import {
  type Continuation,
  newestRevision,
  pageExpired,
  pageMeta,
  parseContinueToken,
  revisionOf,
} from './revisions.ts';
import { parseSelectors, type Selection, selectionOf } from './selection.ts';

interface ListRequest {
  /** Undefined: whatever is newest. */
  readonly revision: number | undefined;
  readonly exact: boolean;
  readonly limit: number;
  readonly continuation: Continuation | undefined;
}

interface Listed {
  readonly objects: readonly CachedObject[];
  readonly metadata: ListMeta;
}

/** How long a list waits for a revision from the future, as upstream does. */
const futureWaitMs = 3000;

/** Reads the parameters of a list and refuses what upstream refuses, in its order. */
export function parseListRequest(
  query: URLSearchParams,
  { served, namespace }: { readonly served: ServedResource; readonly namespace: string },
): ListRequest & { readonly selection: Selection } {
  // Meaningless for a list, but validated.
  integerParameter(query, 'timeoutSeconds');
  const limit = integerParameter(query, 'limit') ?? 0;
  const selectors = parseSelectors(query);
  checkListParameters(query);
  const selection = selectionOf(served, namespace, selectors);
  const revision = revisionOf(query.get('resourceVersion'), 'invalid resource version: ');
  const match = query.get('resourceVersionMatch') ?? '';
  const token = query.get('continue') ?? '';
  const continuation = token === '' ? undefined : parseContinueToken(token);
  if (continuation && revision !== undefined && query.get('resourceVersion') !== '0')
    throw badRequest('specifying resource version is not allowed when using continue');
  // As from upstream's cache, a list that may be of any age is not paged; events have no cache there.
  const isWhole = query.get('resourceVersion') === '0' && !continuation && served.type.plural !== 'events';
  return {
    selection,
    revision,
    // A page of a stated revision without a match is that very revision, for the sake of old clients.
    exact: match === 'Exact' || (match === '' && limit > 0 && revision !== undefined && revision > 0),
    limit: isWhole ? 0 : Math.max(limit, 0),
    continuation,
  };
}

/** The selected objects, in key order, at one revision. */
export async function listObjects(
  storage: ResourceStorage,
  selection: Selection,
  request: ListRequest,
): Promise<Listed> {
  const { feed } = storage.deps;
  const { continuation, revision } = request;
  if (continuation?.revision === newestRevision) {
    await untilAsFresh(storage, undefined);
    const page = pageBehind(selection, continuation, request.limit);
    await untilConverted(storage, selection, page);
    return fromCache(storage, selection, { ...page, revision: feed.revision });
  }
  if (continuation) return await listAt(storage, selection, pageBehind(selection, continuation, request.limit));
  await untilAsFresh(storage, revision);
  if (storage.form.ready) await untilConverted(storage, selection, { after: '', limit: request.limit });
  if (request.exact && revision !== undefined)
    return await listAt(storage, selection, { revision, after: '', limit: request.limit });
  return fromCache(storage, selection, { revision: feed.revision, after: '', limit: request.limit });
}

/** Whether the answer is simply everything there is, as fresh as asked for. */
export function isWholeList(selection: Selection, request: ListRequest): boolean {
  return selection.takesAll && request.limit === 0 && !request.exact && !request.continuation;
}

/** Resolves once the cache is at `revision`, or at the newest one if none is given. */
export async function untilAsFresh(storage: ResourceStorage, revision: number | undefined): Promise<void> {
  const { feed } = storage.deps;
  if (revision === undefined) {
    storage.reads?.consistent();
    const pending = feed.untilCurrent();
    if (!pending) return;
    const startedAt = storage.deps.clock.monotonic();
    await pending;
    storage.reads?.waited((storage.deps.clock.monotonic() - startedAt) / 1000);
  } else if (revision > feed.revision) await untilFuture(storage, revision);
}

/** Upstream caches no events: it reads them from the store, which has no future to wait for. */
const isUncached = ({ served }: ResourceStorage): boolean => served.type.plural === 'events';

export async function untilFuture(storage: ResourceStorage, revision: number): Promise<void> {
  const { deps } = storage;
  if (isUncached(storage)) throw tooLarge(revision, deps.feed.revision, { retries: false });
  const giveUp = new AbortController();
  await Promise.race([
    deps.feed.untilRevision(revision),
    deps.clock.sleep(futureWaitMs, giveUp.signal).then(
      () => {
        throw tooLarge(revision, deps.feed.revision);
      },
      () => undefined,
    ),
  ]).finally(() => giveUp.abort());
}

/** A page begins behind a key of the storage, namespace included. */
interface Page {
  readonly revision: number;
  readonly after: string;
  readonly limit: number;
}

/** Continue tokens contain keys relative to the list's root: the namespace is that of the path. */
const pageBehind = ({ keyPrefix }: Selection, { revision, start }: Continuation, limit: number): Page => ({
  revision,
  after: `${keyPrefix}${start}`,
  limit,
});

const startBehind = ({ keyPrefix }: Selection, key: string): string => key.slice(keyPrefix.length);

/**
 * The objects of a page must be converted before use, and so must the one after it; with a filter, that may be any of
 * them.
 */
async function untilConverted(
  storage: ResourceStorage,
  selection: Selection,
  { after, limit }: Pick<Page, 'after' | 'limit'>,
): Promise<void> {
  await storage.untilReady(selection, { after, limit: selection.takesAll && limit > 0 ? limit + 1 : 0 });
}

function fromCache(storage: ResourceStorage, selection: Selection, page: Page): Listed {
  const { cache, form } = storage;
  const objects: CachedObject[] = [];
  let lastKey = '';
  let looked = 0;
  for (const [key, cached] of storage.candidates(selection, page.after)) {
    const object = form.of(cached);
    looked++;
    if (!selection.matches(object)) continue;
    if (page.limit > 0 && objects.length === page.limit) {
      storage.reads?.listed(looked, objects.length);
      // The remaining number is known only without a filter.
      const remaining = selection.takesAll ? cache.count(selection.keyPrefix, lastKey) : undefined;
      return { objects, metadata: pageMeta(page.revision, { start: startBehind(selection, lastKey), remaining }) };
    }
    objects.push(object);
    lastKey = key;
  }
  storage.reads?.listed(looked, objects.length);
  return { objects, metadata: pageMeta(page.revision, undefined) };
}

/** How many objects there were after `after`, as far back as the cache's window reaches. */
function remainingAt({ cache }: ResourceStorage, selection: Selection, page: Page, after: string): number | undefined {
  return selection.takesAll ? cache.countAt(page.revision, selection.keyPrefix, after) : undefined;
}

/** An earlier state: from the cache while nothing changed since, from the store's history otherwise. */
async function listAt(storage: ResourceStorage, selection: Selection, page: Page): Promise<Listed> {
  const { feed } = storage.deps;
  const forgotten = (oldest: number): Error =>
    page.after === '' ? tooOld(page.revision, oldest) : pageExpired(startBehind(selection, page.after));
  // As upstream's, our tokens expire with the history that they refer to, even if nothing has changed since.
  if (page.revision < feed.forgotten) throw forgotten(feed.forgotten);
  const isNow = (): boolean => page.revision <= feed.revision && storage.cache.lastChange <= page.revision;
  if (isNow()) await untilConverted(storage, selection, page);
  if (isNow()) return fromCache(storage, selection, page);
  const { root } = storage;
  try {
    const objects: CachedObject[] = [];
    let after = page.after;
    for (;;) {
      const since = storage.times?.began('list') ?? 0;
      const batch = await storage.deps.store.list(`${root}${selection.keyPrefix}`, {
        revision: page.revision,
        limit: page.limit > 0 ? page.limit : 10_000,
        after: after === '' ? undefined : `${root}${after}`,
      });
      storage.times?.took('list', since);
      const read = batch.objects.map((stored) => ({
        stored,
        cached: CachedObject.of(storage.form.stored, stored.value, stored.modRevision),
      }));
      await storage.form.ready?.(read.map(({ cached }) => cached));
      for (const { stored, cached } of read) {
        const object = storage.form.of(cached);
        after = stored.key.slice(root.length);
        if (selection.matches(object)) objects.push(object);
        if (page.limit > 0 && objects.length === page.limit) {
          const more = batch.more || stored !== batch.objects.at(-1);
          return {
            objects,
            metadata: pageMeta(
              page.revision,
              more
                ? { start: startBehind(selection, after), remaining: remainingAt(storage, selection, page, after) }
                : undefined,
            ),
          };
        }
      }
      if (!batch.more) return { objects, metadata: pageMeta(page.revision, undefined) };
    }
  } catch (error) {
    if (!(error instanceof CompactedError)) throw error;
    throw forgotten(error.oldest);
  }
}
