import { isJsonObject, keyDefault, type ListSchema } from '../schema/schema.ts';

/** The path element of an item of a list that is a set or a map; undefined where the item lacks all of its keys. */
export function elementOf(item: unknown, list: ListSchema): string | undefined {
  if (list.type === 'set') return `v:${JSON.stringify(item)}`;
  if (!isJsonObject(item)) return undefined;
  const keys = list.keys.length > 1 ? [...list.keys].sort() : list.keys;
  let text = '';
  for (const key of keys) {
    const value = item[key] ?? keyDefault(list, key);
    if (value !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${JSON.stringify(value)}`;
  }
  return text === '' ? undefined : `k:{${text}}`;
}

/** Items that share an element: they are compared and owned together. */
export class Duplicates {
  readonly items: unknown[];

  constructor(items: unknown[]) {
    this.items = items;
  }
}

/** A list's items by their elements, in the list's order. Skips items without any key. */
export function itemsByElement(items: readonly unknown[], list: ListSchema): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const item of items) {
    const element = elementOf(item, list);
    if (element === undefined) continue;
    if (!found.has(element)) found.set(element, item);
    else if (list.type === 'map') {
      const before = found.get(element);
      if (before instanceof Duplicates) before.items.push(item);
      else found.set(element, new Duplicates([before, item]));
    }
  }
  return found;
}
