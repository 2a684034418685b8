import type { ApiObject } from '@typernetes/machinery';

/**
 * The object with its members sorted by name at any depth, as upstream writes untyped values. Exceptions: integer-like
 * names, which JavaScript puts first, and metadata, which has the same type in all kinds. An object that is sorted
 * already, as Go's clients send it, is not copied.
 */
export function withSortedMembers(object: ApiObject): ApiObject {
  return sortedObject(object as unknown as Readonly<Record<string, unknown>>, 'metadata') as ApiObject;
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Array.isArray(value) ? sortedItems(value) : sortedObject(value as Readonly<Record<string, unknown>>);
}

function sortedItems(items: readonly unknown[]): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let i = 0; i < items.length; i++) {
    const item = sorted(items[i]);
    if (item === items[i]) continue;
    copy ??= [...items];
    copy[i] = item;
  }
  return copy ?? items;
}

function sortedObject(members: Readonly<Record<string, unknown>>, untouched?: string): object {
  let before = '';
  let isInOrder = true;
  let changed: Record<string, unknown> | undefined;
  for (const name in members) {
    if (name < before) isInOrder = false;
    before = name;
    const value = members[name];
    if (typeof value !== 'object' || value === null || name === untouched) continue;
    const inner = sorted(value);
    if (inner === value) continue;
    changed ??= { ...members };
    changed[name] = inner;
  }
  const own = changed ?? members;
  if (isInOrder) return own;
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(own).sort()) copy[name] = own[name];
  return copy;
}
