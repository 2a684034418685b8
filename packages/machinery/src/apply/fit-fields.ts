import { type ListSchema, memberSchema, type Schema } from '../schema/schema.ts';
import { type Fields, isEmptySet, noFields } from './fields.ts';

/**
 * The fields under the current schema: a value that has become atomic since its parts were owned is owned as a whole.
 * As in upstream's ReconcileFieldSetWithSchema, nothing changes the other way round. Returns the set itself if
 * everything fits.
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
