/** How to merge two lists. Ids are strings or other values compared by identity. */
interface Ordering<T> {
  /** The explicit order of items. */
  readonly order: readonly T[];
  readonly original: readonly T[];
  idOf(item: T): unknown;
}

/**
 * Sorts `merged`: items in `order` come in that order; the others keep theirs, before the ordered item that they
 * preceded in the original.
 */
export function ordered<T>(merged: readonly T[], { order, original, idOf }: Ordering<T>): T[] {
  const placesIn = (list: readonly T[]): ((item: T) => number) => {
    const places = new Map(list.map((item, i) => [idOf(item), i]));
    return (item) => places.get(idOf(item)) ?? -1;
  };
  const place = placesIn(order);
  const before = placesIn(original);
  const ours = merged.filter((item) => place(item) >= 0).sort((a, b) => place(a) - place(b));
  const theirs = merged.filter((item) => place(item) < 0);
  const result: T[] = [];
  let next = 0;
  for (const item of ours) {
    const at = before(item);
    while (next < theirs.length) {
      const other = before(theirs[next]!);
      if (at < 0 || other < 0 || other > at) break;
      result.push(theirs[next++]!);
    }
    result.push(item);
  }
  return [...result, ...theirs.slice(next)];
}
