import { schemaOfKind } from '@typernetes/api/schema';
import { type ApiObject, isJsonObject, type JsonObject, type Schema, type StructSchema } from '@typernetes/machinery';

/** Where in objects of a type lists are that are null when they are empty: the way to them by members. */
interface Way {
  readonly name: string;
  /** The list itself is one. */
  readonly ends: boolean;
  /** What is below it, in all items or members where it is a list or a map. */
  readonly below: readonly Way[];
}

/** Kinds that upstream stores as JSON, which tells an empty list from none. */
const storedAsJson: ReadonlySet<string> = new Set(['apiextensions.k8s.io', 'apiregistration.k8s.io']);

/**
 * Makes nulls of the empty lists of an object, in place: upstream stores protobuf, which has no word for them, and answers with what it has
 * stored. Undefined for kinds that have no list which would be written when it is empty.
 */
export function emptyListsOf(type: {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}): ((object: ApiObject) => void) | undefined {
  const schema = storedAsJson.has(type.group) ? undefined : schemaOfKind(type);
  const ways = schema ? waysIn(schema, new Map()) : [];
  return ways.length === 0 ? undefined : (object) => settle(object as unknown as JsonObject, ways);
}

function waysIn(struct: StructSchema, known: Map<StructSchema, readonly Way[]>): readonly Way[] {
  const found = known.get(struct);
  if (found) return found;
  const ways: Way[] = [];
  // Of a type within itself nothing is known yet; none that has such lists is made like that.
  known.set(struct, ways);
  for (const { name, schema, writesNull } of struct.fields.values()) {
    const ends = writesNull && schema.kind === 'list';
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
    case 'map':
      return structIn(schema.values);
    default:
      return undefined;
  }
}

function settle(object: JsonObject, ways: readonly Way[]): void {
  for (const { name, ends, below } of ways) {
    const value = object[name];
    if (Array.isArray(value)) {
      if (ends && value.length === 0) object[name] = null;
      else if (below.length > 0) for (const item of value) if (isJsonObject(item)) settle(item, below);
    } else if (isJsonObject(value) && below.length > 0) settle(value, below);
  }
}
