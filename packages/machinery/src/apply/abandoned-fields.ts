import { anySchema, memberSchema, type Schema } from '../schema/schema.ts';
import { type Fields, isEmptySet, isMember, noFields } from './fields.ts';

/**
 * What an applier leaves behind: the paths of `last` that nobody in `owned` holds. As upstream has it, an item of a list or a key of a map goes as a whole
 * when nobody holds the item itself, even if somebody holds something in it; a field that the schema names stays while somebody holds something in it, and
 * goes as a whole, with what nobody has ever set in it, when nobody does.
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
