import { schemaOfKind } from '@typernetes/api/schema';
import { type ApiObject, isJsonObject, type JsonObject, type Schema, type StructSchema } from '@typernetes/machinery';

/** The paths of lists and times in a type's objects that are null when empty. */
interface Way {
  readonly name: string;
  /** Whether the member itself is one. */
  readonly ends: boolean;
  /** What is below it, in all items if it is a list. */
  readonly below: readonly Way[];
}

/** Groups that upstream stores as JSON, which distinguishes empty lists from missing ones. */
const storedAsJson: ReadonlySet<string> = new Set(['apiextensions.k8s.io', 'apiregistration.k8s.io']);

/**
 * Turns the empty lists of an object into nulls, in place: upstream stores protobuf, which cannot represent them, and
 * responds with what it has stored. Fields that admission and strategies omitted but upstream would write become null
 * as well. Undefined for kinds without such fields.
 */
export function unsetFieldsOf(type: {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}): ((object: ApiObject) => void) | undefined {
  const schema = schemaOfKind(type);
  const ways = schema ? waysIn(schema, new Map()) : [];
  const empties = !storedAsJson.has(type.group);
  return ways.length === 0 ? undefined : (object) => settle(object as unknown as JsonObject, ways, empties);
}

function waysIn(struct: StructSchema, known: Map<StructSchema, readonly Way[]>): readonly Way[] {
  const found = known.get(struct);
  if (found) return found;
  const ways: Way[] = [];
  // Recursive types end here; none of them has such lists.
  known.set(struct, ways);
  for (const { name, schema, writesNull } of struct.fields.values()) {
    const ends = writesNull;
    const inner = structIn(schema);
    const below = inner ? waysIn(inner, known) : [];
    if (ends || below.length > 0) ways.push({ name, ends, below });
  }
  return ways;
}

function structIn(schema: Schema): StructSchema | undefined {
  switch (schema.kind) {
    case 'struct':
      return schema;
    case 'list':
      return structIn(schema.items);
    default:
      // No map has such fields in its values.
      return undefined;
  }
}

function settle(object: JsonObject, ways: readonly Way[], empties: boolean): void {
  for (const { name, ends, below } of ways) {
    const value = object[name];
    if (value === undefined) {
      if (ends) object[name] = null;
    } else if (Array.isArray(value)) {
      if (ends && empties && value.length === 0) object[name] = null;
      else if (below.length > 0) for (const item of value) if (isJsonObject(item)) settle(item, below, empties);
    } else if (isJsonObject(value) && below.length > 0) settle(value, below, empties);
  }
}
