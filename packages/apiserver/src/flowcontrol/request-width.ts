import { isTrueParameter } from '@typernetes/machinery';
import type { RequestInfo } from '../request/request-info.ts';

const objectsPerSeat = 100;
const maxSeats = 10;

/**
 * The seats that a request takes. A list takes one for each hundred objects that it may return, up to ten; everything
 * else takes one (upstream also charges writes for notifying watchers: here that happens within the write itself).
 */
export function requestWidth(
  info: RequestInfo,
  query: URLSearchParams,
  countOf: (info: RequestInfo) => number,
): number {
  const isList = info.verb === 'list' || (info.verb === 'watch' && isTrueParameter(query.get('sendInitialEvents')));
  if (!isList || info.name !== '') return 1;
  const stored = countOf(info);
  if (stored <= objectsPerSeat) return 1;
  const limit = Number(query.get('limit') ?? 0);
  const returned = limit > 0 ? Math.min(limit, stored) : stored;
  return Math.min(Math.max(Math.ceil(returned / objectsPerSeat), 1), maxSeats);
}
