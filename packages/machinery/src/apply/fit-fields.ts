import { type ListSchema, memberSchema, type Schema } from '../schema/schema.ts';
import { type Fields, isEmptySet, noFields } from './fields.ts';

/**
 * The fields under the schema of today: what has become one piece since it was owned piece by piece is owned as a whole. The other way
 * round nothing changes, as upstream's ReconcileFieldSetWithSchema has it. Yields the set itself where all fits.
 */
export function fitFields(fields: Fields, schema: Schema): Fields {
  let fitted: Record<string, Fields> | undefined;
  for (const element in fields) {
    const node = fields[element]!;
    if (element === '.' || isEmptySet(node)) continue;
    const inner = schemaBelow(schema, element);
    if (inner === undefined) continue;
    const next = isWhole(inner) ? noFields : fitFields(node, inner);
    if (next === node) continue;
    fitted ??= { ...fields };
    fitted[element] = next;
  }
  return fitted ?? fields;
}

const schemaBelow = (schema: Schema, element: string): Schema | undefined =>
  element.startsWith('f:') ? memberSchema(schema, element.slice(2)) : (schema as Partial<ListSchema>).items;

const isWhole = (schema: Schema): boolean =>
  schema.kind === 'list'
    ? schema.type === 'atomic'
    : (schema.kind === 'struct' || schema.kind === 'map') && schema.atomic;
