import { anySchema, memberSchema, type Schema } from '../schema/schema.ts';
import { type Fields, isEmptySet, isMember, noFields } from './fields.ts';

/**
 * The fields that an applier no longer sets: the paths of `last` that nobody in `owned` owns. As upstream, an item of a
 * list or a key of a map is removed as a whole when nobody owns the item itself, even if somebody owns something in it;
 * a field in the schema stays while somebody owns something in it, and is removed as a whole, including parts that
 * nobody has ever set, when nobody does.
 */
export function abandonedFields(last: Fields, owned: Fields, schema: Schema): Fields {
  const out: { [element: string]: Fields } = {};
  for (const element in last) {
    if (element === '.') continue;
    const left = last[element] ?? noFields;
    const right = owned[element];
    const name = element.startsWith('f:') ? element.slice(2) : undefined;
    const isNamed = name !== undefined && schema.kind === 'struct' && schema.fields.has(name);
    const isHeld = right !== undefined && (isNamed || isMember(right));
    if (!isHeld && (isNamed || isMember(left))) out[element] = noFields;
    else {
      const inner = abandonedFields(left, right ?? noFields, childSchema(schema, name) ?? anySchema);
      if (!isEmptySet(inner)) out[element] = inner;
    }
  }
  return out;
}

function childSchema(schema: Schema, name: string | undefined): Schema | undefined {
  if (name !== undefined) return memberSchema(schema, name);
  return schema.kind === 'list' ? schema.items : undefined;
}
