import { canonicalJson } from '@typernetes/machinery';

/** Whether two values mean the same on the wire: the order of members and undefined ones do not count. */
export function sameJson(a: unknown, b: unknown): boolean {
  return a === b || canonicalJson(a) === canonicalJson(b);
}
