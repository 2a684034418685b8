import { anySchema, isJsonObject, type JsonObject, memberSchema, type Schema, setMember } from '../schema/schema.ts';
import { type Fields, isEmptySet, isMember, noFields } from './fields.ts';
import { elementOf } from './list-elements.ts';

export interface Removal {
  readonly fields: Fields;
  /** The remaining owners' fields: an object that becomes empty stays if its path is among them. */
  readonly owned: Fields;
}

/** The object without these fields. Objects and lists that become empty are removed too, unless they are owned. */
export function removeFields(object: JsonObject, removal: Removal, schema: Schema): JsonObject {
  return isEmptySet(removal.fields) ? object : ((removeFrom(object, removal, schema) as JsonObject | undefined) ?? {});
}

function removeFrom(value: unknown, { fields, owned }: Removal, schema: Schema): unknown {
  const below = (element: string, node: Fields): Removal => ({ fields: node, owned: owned[element] ?? noFields });
  if (Array.isArray(value)) {
    if (schema.kind !== 'list') return value;
    const kept = value.flatMap((item) => {
      const element = elementOf(item, schema);
      const node = element === undefined ? undefined : fields[element];
      if (element === undefined || node === undefined) return [item];
      return isMember(node) ? [] : [removeFrom(item, below(element, node), schema.items) ?? {}];
    });
    return kept.length === 0 ? undefined : kept;
  }
  if (!isJsonObject(value)) return value;
  const kept: JsonObject = {};
  for (const [name, member] of Object.entries(value)) {
    const element = `f:${name}`;
    const node = fields[element];
    if (node === undefined) setMember(kept, name, member);
    else if (!isMember(node)) {
      const emptied = isJsonObject(member) && owned[element] !== undefined ? {} : undefined;
      const rest = removeFrom(member, below(element, node), memberSchema(schema, name) ?? anySchema) ?? emptied;
      if (rest !== undefined) setMember(kept, name, rest);
    }
  }
  return Object.keys(kept).length === 0 ? undefined : kept;
}
