import { jsonEqual } from '../json/equal.ts';
import {
  isJsonObject,
  type JsonObject,
  type ListSchema,
  memberSchema,
  ownMember,
  type Schema,
} from '../schema/schema.ts';
import { attachFields, elementOf, type Fields, isMember, noFields } from './fields.ts';
import { Duplicates, itemsByElement } from './list-elements.ts';

/** The differences between two states of an object. */
export interface Comparison {
  readonly added: Fields;
  readonly modified: Fields;
  readonly removed: Fields;
}

/**
 * Compares field by field; a value that is atomic in the schema counts as one field. Skips fields in `without`, and
 * those below.
 */
export function compareObjects(
  before: JsonObject,
  after: JsonObject,
  { schema, without = noFields }: { schema: Schema; without?: Fields },
): Comparison {
  const walk = new Comparing(without);
  walk.value(before, after, schema);
  return walk;
}

class Comparing implements Comparison {
  readonly added: Fields = {};
  readonly modified: Fields = {};
  readonly removed: Fields = {};
  readonly #path: string[] = [];
  /** The skipped fields below the path. */
  #without: Fields | undefined;

  constructor(without: Fields) {
    this.#without = without;
  }

  value(before: unknown, after: unknown, schema: Schema): void {
    if (before === after) return;
    if (before === undefined) attachFields(this.added, this.#path, wholeFields(after, schema, this.#without));
    else if (after === undefined) attachFields(this.removed, this.#path, wholeFields(before, schema, this.#without));
    else if (Array.isArray(after ?? before)) this.#list(before, after, schema);
    else if (schema.kind !== 'scalar' && isJsonObject(after ?? before)) this.#members(before, after, schema);
    else this.#leaf(before, after);
  }

  #leaf(before: unknown, after: unknown): void {
    if (!jsonEqual(before, after)) attachFields(this.modified, this.#path, noFields);
  }

  #members(before: unknown, after: unknown, schema: Schema): void {
    const [left, right] = [objectOf(before), objectOf(after)];
    if (isAtomic(schema) || left === undefined || right === undefined || (isEmpty(left) && isEmpty(right))) {
      this.#leaf(before, after);
      return;
    }
    for (const name in right) this.#member(name, { left, right, schema });
    for (const name in left) if (!Object.hasOwn(right, name)) this.#member(name, { left, right, schema });
  }

  #member(name: string, { left, right, schema }: { left: JsonObject; right: JsonObject; schema: Schema }): void {
    const [before, after] = [ownMember(left, name), ownMember(right, name)];
    if (before === after) return;
    const member = memberSchema(schema, name);
    if (member === undefined) return;
    const element = elementOf(name);
    const outer = this.#without;
    const without = outer?.[element];
    if (without !== undefined && isMember(without)) return;
    this.#without = without;
    this.#path.push(element);
    this.value(before, after, member);
    this.#path.pop();
    this.#without = outer;
  }

  #list(before: unknown, after: unknown, schema: Schema): void {
    const [left, right] = [listOf(before), listOf(after)];
    const leaf = schema.kind !== 'list' || schema.type === 'atomic' || left === undefined || right === undefined;
    if (leaf || (left.length === 0 && right.length === 0)) this.#leaf(before, after);
    else if (!jsonEqual(left, right)) this.#items(left, right, schema);
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
    if (before instanceof Duplicates && after instanceof Duplicates) this.#leaf(before.items, after.items);
    else this.value(before, after, list.items);
    this.#path.pop();
  }
}

const isAtomic = (schema: Schema): boolean =>
  schema.kind === 'struct' || schema.kind === 'map'
    ? schema.atomic
    : schema.kind === 'list' && schema.type === 'atomic';

/** The fields of a value that exists on one side only: those inside, and itself. */
function wholeFields(value: unknown, schema: Schema, without?: Fields): Fields {
  if (schema.kind === 'scalar' || isAtomic(schema)) return noFields;
  const fields: Record<string, Fields> = { '.': noFields };
  let inside = false;
  if (schema.kind === 'list') {
    for (const [element, item] of itemsByElement(Array.isArray(value) ? value : noItems, schema)) {
      fields[element] = item instanceof Duplicates ? noFields : wholeFields(item, schema.items);
      inside = true;
    }
  } else if (isJsonObject(value)) {
    for (const name in value) {
      const member = memberSchema(schema, name);
      if (member === undefined || value[name] === undefined) continue;
      const element = elementOf(name);
      const left = without?.[element];
      if (left !== undefined && isMember(left)) continue;
      fields[element] = wholeFields(value[name], member, left);
      inside = true;
    }
  }
  return inside ? fields : noFields;
}

const nothing: JsonObject = {};
const noItems: readonly unknown[] = [];

/** Undefined for values of other types. Absent and null count as empty. */
const objectOf = (value: unknown): JsonObject | undefined =>
  value === undefined || value === null ? nothing : isJsonObject(value) ? value : undefined;

const listOf = (value: unknown): readonly unknown[] | undefined =>
  value === undefined || value === null ? noItems : Array.isArray(value) ? value : undefined;

function isEmpty(object: JsonObject): boolean {
  for (const _ in object) return false;
  return true;
}
