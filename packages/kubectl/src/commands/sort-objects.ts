import { compareQuantities, compileJsonPath, parseQuantity, relaxedJsonPath } from '@typernetes/machinery';
import { inUnstableOrder } from './unstable-order.ts';

/** Sorts by the field at `path`, `.metadata.name` or `{.spec.replicas}`. Throws when no object has such a field. */
export function sortObjects<T>(items: readonly T[], path: string, objectOf: (item: T) => unknown): T[] {
  const sorted = sortedByField(items, path, objectOf);
  if (!sorted)
    throw new Error(
      `couldn't find any field with path ${JSON.stringify(relaxedJsonPath(path))} in the list of objects`,
    );
  return sorted;
}

/** The same, but undefined when there are objects and none has such a field. */
export function sortedByField<T>(items: readonly T[], path: string, objectOf: (item: T) => unknown): T[] | undefined {
  if (path === '') return [...items];
  const { parts } = compileJsonPath(relaxedJsonPath(path));
  const keyed = items.map((item) => ({ item, key: parts(objectOf(item))[0]?.[0] }));
  if (items.length > 0 && keyed.every(({ key }) => key === undefined)) return undefined;
  return inUnstableOrder(keyed, (a, b) => isLess(a.key, b.key)).map(({ item }) => item);
}

/**
 * Nothing before something, and before nothing too: that is how equal ones come to be turned around. Quantities by their amount; other texts by
 * their characters, as upstream's 1.35 does; other values by themselves.
 */
function isLess(a: unknown, b: unknown): boolean {
  if (a === undefined) return true;
  if (b === undefined || b === null) return false;
  if (a === null) return true;
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b) < 0;
  const type = goTypeOf(a);
  if (type !== undefined) throw new Unsortable(`unsortable type: ${type}`);
  if (typeof a !== typeof b) throw new Unsortable('unsortable interface: interface');
  return (a as number) < (b as number);
}

/** Values of a field that have no order; the message is why, as upstream tells it. */
export class Unsortable extends Error {
  override readonly name = 'Unsortable';
}

/** What Go calls values that have no order; undefined of others. */
function goTypeOf(value: unknown): string | undefined {
  if (typeof value === 'boolean') return 'bool';
  if (typeof value !== 'object') return undefined;
  return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}';
}

function compareTexts(a: string, b: string): number {
  const quantities = [a, b].map(quantityIn);
  if (quantities[0] && quantities[1]) return compareQuantities(quantities[0], quantities[1]);
  return a === b ? 0 : a < b ? -1 : 1;
}

function quantityIn(text: string): ReturnType<typeof parseQuantity> | undefined {
  return /^[+-]?[\d.]+([eE][+-]?\d+|[numkMGTPE]i?|Ki)?$/.test(text) ? parseQuantity(text) : undefined;
}
