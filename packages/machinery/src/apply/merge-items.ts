import type { ListSchema } from '../schema/schema.ts';
import { elementOf } from './list-elements.ts';

interface Item {
  readonly element: string;
  readonly value: unknown;
}

/**
 * Merges the items of a configuration into those of the live list, in the order of upstream's structured-merge-diff
 * (typed/merge.go): what only the live list has stays before what follows it there, and items of both are in the order
 * of the configuration. `merge` gets null as the live value where the live list has an item more than once.
 */
export function mergeItems(
  live: readonly unknown[],
  config: readonly unknown[],
  { list, merge }: { readonly list: ListSchema; readonly merge: (live: unknown, config: unknown) => unknown },
): unknown[] {
  const left = itemsOf(live, list);
  const right = itemsOf(config, list);
  const lefts = new Map<string, unknown>();
  for (const { element, value } of left) lefts.set(element, lefts.has(element) ? null : value);
  const rights = new Set(right.map(({ element }) => element));
  const shared = right.filter(({ element }) => lefts.has(element)).map(({ element }) => element);
  const taken = new Set<string>();
  const merged: unknown[] = [];
  let next = 0;
  const take = ({ element, value }: Item): void => {
    taken.add(element);
    merged.push(lefts.has(element) ? merge(lefts.get(element), value) : value);
    if (shared[next] === element) next++;
  };
  let [l, r] = [0, 0];
  for (let own = left[l], new_ = right[r]; own || new_; own = left[l], new_ = right[r]) {
    if (own && !rights.has(own.element)) {
      merged.push(own.value);
      l++;
    } else if (own && new_ && own.element !== new_.element && next < shared.length && shared[next] !== own.element) {
      // Its turn comes with the configuration's item.
      l++;
    } else {
      if (own && (taken.has(own.element) || own.element === new_?.element)) l++;
      if (new_) take(new_);
      r++;
    }
  }
  return merged;
}

/** Items without a key are not merged. */
function itemsOf(values: readonly unknown[], list: ListSchema): Item[] {
  const items: Item[] = [];
  for (const value of values) {
    const element = elementOf(value, list);
    if (element !== undefined) items.push({ element, value });
  }
  return items;
}
