import { canonicalJson } from '@typernetes/machinery';

/** Whether two values are equal on the wire: ignores the order of members, and undefined ones. */
export function sameJson(a: unknown, b: unknown): boolean {
  return a === b || canonicalJson(a) === canonicalJson(b);
}
