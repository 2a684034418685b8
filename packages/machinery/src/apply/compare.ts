import { jsonEqual } from '../patch/equal.ts';
import { isJsonObject, type JsonObject, type ListSchema, memberSchema, type Schema } from '../schema/schema.ts';
import { type Fields, insertPath } from './fields.ts';
import { Duplicates, itemsByElement } from './list-elements.ts';

/** What changed between two states of an object. */
export interface Comparison {
  readonly added: Fields;
  readonly modified: Fields;
  readonly removed: Fields;
}

/** Compares field by field; what the schema calls atomic counts as one field. */
export function compareObjects(before: JsonObject, after: JsonObject, schema: Schema): Comparison {
  const walk = new Comparing();
  walk.value(before, after, schema);
  return walk;
}

class Comparing implements Comparison {
  readonly added: Fields = {};
  readonly modified: Fields = {};
  readonly removed: Fields = {};
  readonly #path: string[] = [];

  value(before: unknown, after: unknown, schema: Schema): void {
    if (before === after) return;
    if (schema.kind === 'list' || Array.isArray(after ?? before)) this.#list(before, after, schema);
    else if (schema.kind !== 'scalar' && isJsonObject(after ?? before)) this.#members(before, after, schema);
    else this.#leaf(before, after);
  }

  #leaf(before: unknown, after: unknown): void {
    if (before === undefined) insertPath(this.added, this.#path);
    else if (after === undefined) insertPath(this.removed, this.#path);
    else if (!jsonEqual(before, after)) insertPath(this.modified, this.#path);
  }

  /** The path itself changes too when one of the sides is not there. */
  #self(before: unknown, after: unknown): void {
    if (this.#path.length === 0) return;
    if (before === undefined) insertPath(this.added, this.#path);
    else if (after === undefined) insertPath(this.removed, this.#path);
  }

  #members(before: unknown, after: unknown, schema: Schema): void {
    const [left, right] = [objectOf(before), objectOf(after)];
    const atomic = (schema.kind === 'struct' || schema.kind === 'map') && schema.atomic;
    if (atomic || left === undefined || right === undefined || (isEmpty(left) && isEmpty(right))) {
      this.#leaf(before, after);
      return;
    }
    for (const name in right) this.#member(name, { left, right, schema });
    for (const name in left) if (!(name in right)) this.#member(name, { left, right, schema });
    this.#self(before, after);
  }

  #member(name: string, { left, right, schema }: { left: JsonObject; right: JsonObject; schema: Schema }): void {
    const [before, after] = [left[name], right[name]];
    if (before === after) return;
    const member = memberSchema(schema, name);
    if (member === undefined) return;
    this.#path.push(`f:${name}`);
    this.value(before, after, member);
    this.#path.pop();
  }

  #list(before: unknown, after: unknown, schema: Schema): void {
    const [left, right] = [listOf(before), listOf(after)];
    const leaf = schema.kind !== 'list' || schema.type === 'atomic' || left === undefined || right === undefined;
    if (leaf || (left.length === 0 && right.length === 0)) this.#leaf(before, after);
    else {
      this.#items(left, right, schema);
      this.#self(before, after);
    }
  }

  #items(left: readonly unknown[], right: readonly unknown[], list: ListSchema): void {
    const [old, current] = [itemsByElement(left, list), itemsByElement(right, list)];
    for (const [element, item] of current) this.#item(element, { before: old.get(element), after: item, list });
    for (const [element, item] of old) {
      if (!current.has(element)) this.#item(element, { before: item, after: undefined, list });
    }
  }

  #item(element: string, { before, after, list }: { before: unknown; after: unknown; list: ListSchema }): void {
    this.#path.push(element);
    if (before instanceof Duplicates || after instanceof Duplicates) {
      const same = before instanceof Duplicates && before.equals(after);
      if (!same) this.#leaf(before === undefined ? undefined : 0, after === undefined ? undefined : 1);
    } else this.value(before, after, list.items);
    this.#path.pop();
  }
}

const nothing: JsonObject = {};
const noItems: readonly unknown[] = [];

/** Undefined where something else stands. Absent and null are like empty. */
const objectOf = (value: unknown): JsonObject | undefined =>
  value === undefined || value === null ? nothing : isJsonObject(value) ? value : undefined;

const listOf = (value: unknown): readonly unknown[] | undefined =>
  value === undefined || value === null ? noItems : Array.isArray(value) ? value : undefined;

function isEmpty(object: JsonObject): boolean {
  for (const _ in object) return false;
  return true;
}
