import { anySchema, isJsonObject, type JsonObject, memberSchema, type Schema, setMember } from '../schema/schema.ts';
import { type Fields, isEmptySet, isMember } from './fields.ts';
import { elementOf } from './list-elements.ts';

/** The object without these fields. Objects and lists that this empties go too. */
export function removeFields(object: JsonObject, fields: Fields, schema: Schema): JsonObject {
  return isEmptySet(fields) ? object : ((removeFrom(object, fields, schema) as JsonObject | undefined) ?? {});
}

function removeFrom(value: unknown, fields: Fields, schema: Schema): unknown {
  if (Array.isArray(value)) {
    if (schema.kind !== 'list') return value;
    const kept = value.flatMap((item) => {
      const element = elementOf(item, schema);
      const node = element === undefined ? undefined : fields[element];
      if (node === undefined) return [item];
      return isMember(node) ? [] : [removeFrom(item, node, schema.items) ?? {}];
    });
    return kept.length === 0 ? undefined : kept;
  }
  if (!isJsonObject(value)) return value;
  const kept: JsonObject = {};
  for (const [name, member] of Object.entries(value)) {
    const node = fields[`f:${name}`];
    if (node === undefined) setMember(kept, name, member);
    else if (!isMember(node)) {
      const rest = removeFrom(member, node, memberSchema(schema, name) ?? anySchema);
      if (rest !== undefined) setMember(kept, name, rest);
    }
  }
  return Object.keys(kept).length === 0 ? undefined : kept;
}
