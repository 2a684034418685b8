import { equal, itemKey } from './equal.ts';
import { type CelList, type CelValue, GrownList, KindedList } from './value.ts';

/**
 * `a + b`: concatenates. If the left list is a set or a keyed list, merges as server-side apply does, and the result is
 * of the same kind.
 */
export function joinLists(left: CelList, right: CelList): CelList {
  const { kind } = left;
  if (kind === undefined) return GrownList.join(left, right);
  const joined: CelValue[] = [...left];
  for (const item of right) {
    if (kind.type === 'set') {
      if (!joined.some((other) => equal(other, item))) joined.push(item);
      continue;
    }
    const key = itemKey(item, kind.keys);
    const at = joined.findIndex((other) => itemKey(other, kind.keys) === key);
    if (at < 0) joined.push(item);
    else joined[at] = item;
  }
  return new KindedList(joined, kind);
}
