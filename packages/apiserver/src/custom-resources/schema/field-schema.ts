import { schemaOfType } from '@typernetes/api/schema';
import { anySchema, type FieldSchema, type Schema, type StructSchema } from '@typernetes/machinery';
import { isEmbedded, isKept, type StructuralSchema, valueSchema } from './structural-schema.ts';

const text: Schema = { kind: 'scalar', type: 'string', goType: 'string' };

const field = (name: string, schema: Schema, initial?: unknown): FieldSchema => ({
  name,
  schema,
  required: false,
  pointer: false,
  omitEmpty: true,
  writesNull: false,
  patchStrategy: [],
  patchMergeKey: undefined,
  ...(initial === undefined ? {} : { default: initial }),
});

/** A structural schema as server-side apply needs it: which parts are merged, and which replaced. */
export function fieldSchemaOf(schema: StructuralSchema): StructSchema {
  return structOf(schema, true);
}

function structOf(schema: StructuralSchema, resource: boolean): StructSchema {
  const fields = new Map<string, FieldSchema>();
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    fields.set(name, field(name, shapeOf(inner), inner.default));
  }
  if (resource) {
    fields.set('apiVersion', field('apiVersion', text));
    fields.set('kind', field('kind', text));
    fields.set('metadata', field('metadata', schemaOfType('meta/v1.ObjectMeta')));
  }
  return {
    kind: 'struct',
    goType: '',
    fields: isKept(schema) ? new OpenFields(fields) : fields,
    atomic: isAtomic(schema),
  };
}

const isAtomic = (schema: StructuralSchema): boolean => schema['x-kubernetes-map-type'] === 'atomic';

/** Fields unknown to the schema are merged one by one. */
class OpenFields extends Map<string, FieldSchema> {
  override get(name: string): FieldSchema {
    return super.get(name) ?? field(name, anySchema);
  }
}

function shapeOf(schema: StructuralSchema): Schema {
  switch (schema.type) {
    case 'array': {
      const kind = schema['x-kubernetes-list-type'];
      return {
        kind: 'list',
        goType: '',
        items: schema.items ? shapeOf(schema.items) : anySchema,
        type: kind === 'set' || kind === 'map' ? kind : 'atomic',
        keys: schema['x-kubernetes-list-map-keys'] ?? [],
      };
    }
    case 'object': {
      const values = valueSchema(schema);
      if (values) return { kind: 'map', goType: '', values: shapeOf(values), atomic: isAtomic(schema) };
      if (schema.properties || isEmbedded(schema)) return structOf(schema, isEmbedded(schema));
      return isAtomic(schema) ? { kind: 'map', goType: '', values: anySchema, atomic: true } : anySchema;
    }
    default:
      return anySchema;
  }
}
