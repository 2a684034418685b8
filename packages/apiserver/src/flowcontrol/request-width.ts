import { isTrueParameter } from '@typernetes/machinery';
import type { RequestInfo } from '../request/request-info.ts';

/** How much there is of a resource: objects, and their bytes in a list. */
export interface CollectionSize {
  readonly objects: number;
  readonly bytes: number;
}

interface WidthRules {
  readonly sizeOf: (info: RequestInfo) => CollectionSize;
  /** Whether the bytes of a list decide, or else the number of its objects (SizeBasedListCostEstimate). */
  readonly bySize: boolean;
  /** The most seats of one list at the priority level; 0: no limit of its own. */
  readonly most: number;
}

const bytesPerSeat = 100_000;
const objectsPerSeat = 100;
/** A list from the cache is sent in pieces, and never is in memory as a whole. */
const cachedBytes = 1_000_000;

/**
 * The seats that a request takes. A list, or a watch that asks for the present state first, takes one for each 100 kB
 * that it may load, and ten at most if the watch cache has it; everything else takes one (upstream also charges writes
 * for notifying watchers: here that happens within the write itself).
 */
export function requestWidth(info: RequestInfo, query: URLSearchParams, rules: WidthRules): number {
  const { verb, name } = info;
  const isList = verb === 'list' || (verb === 'watch' && asksForInitialEvents(query));
  if (!isList || (name !== '' && !rules.bySize)) return 1;
  const size = rules.sizeOf(info);
  if (size.objects === 0) return 1;
  const loaded = { size, isOne: name !== '', isCached: verb === 'watch' || isFromCache(query), query };
  const seats = Math.ceil(rules.bySize ? bytesOf(loaded) / bytesPerSeat : objectsOf(loaded) / objectsPerSeat);
  const limit = rules.bySize ? 100 : 10;
  return Math.min(Math.max(seats, 1), rules.most > 0 ? Math.min(rules.most, limit) : limit);
}

interface Loaded {
  readonly size: CollectionSize;
  readonly isOne: boolean;
  readonly isCached: boolean;
  readonly query: URLSearchParams;
}

function bytesOf({ size, isOne, isCached, query }: Loaded): number {
  const limited = pageOf(size.objects, query);
  const objects = isOne ? 1 : !isCached && selects(query) ? Math.max(limited, size.objects / 2) : limited;
  const bytes = objects * (size.bytes / size.objects);
  return isCached ? Math.min(bytes, cachedBytes) : bytes;
}

function objectsOf({ size: { objects }, isCached, query }: Loaded): number {
  if (isCached) return objects;
  const limited = pageOf(objects, query);
  return selects(query) ? objects + limited : 2 * limited;
}

function pageOf(objects: number, query: URLSearchParams): number {
  const limit = Number(query.get('limit') ?? 0);
  return limit > 0 ? Math.min(limit, objects) : objects;
}

const asksForInitialEvents = (query: URLSearchParams): boolean =>
  query.has('sendInitialEvents') && isTrueParameter(query.get('sendInitialEvents'));

const selects = (query: URLSearchParams): boolean =>
  (query.get('fieldSelector') ?? '') !== '' || (query.get('labelSelector') ?? '') !== '';

/** Whether a watch cache that knows the present alone can answer a list (upstream: ShouldDelegateListMeta). */
function isFromCache(query: URLSearchParams): boolean {
  const of = (name: string): string => query.get(name) ?? '';
  const match = of('resourceVersionMatch');
  if (match !== '' && match !== 'NotOlderThan') return false;
  const revision = of('resourceVersion');
  // A page from a revision is one of exactly that revision.
  if (match === '' && Number(of('limit')) > 0 && revision !== '' && revision !== '0') return false;
  return of('continue') === '';
}
