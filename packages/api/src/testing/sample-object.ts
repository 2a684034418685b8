import type { JsonObject, ScalarSchema, Schema, StructSchema } from '@typernetes/machinery';
import { schemaOfType } from '../schema/schemas.ts';
import { typeFacts } from '../schema/type-table.ts';

/** Options for sample objects. */
export interface SampleOptions {
  /** Selects among the possible values: any whole number. Negative seeds give negative numbers and long texts. */
  readonly seed: number;
  /** The nesting depth of types that contain themselves. */
  readonly depth?: number;
}

/** An object with a value in every field, in the form that upstream writes. Valid for a codec, not for a server. */
export function sampleObject(key: string, { seed, depth = 2 }: SampleOptions): JsonObject {
  let counter = Math.abs(seed);
  const next = (): number => counter++;

  function structOf(schema: StructSchema, above: readonly StructSchema[]): JsonObject {
    const out: JsonObject = {};
    for (const [name, field] of schema.fields) {
      if ((name === 'kind' || name === 'apiVersion') && kinds().has(schema)) continue;
      const value = sampleOf(field.schema, [...above, schema], name);
      if (value !== undefined) out[name] = value;
    }
    return out;
  }

  function sampleOf(schema: Schema, above: readonly StructSchema[], name: string): unknown {
    switch (schema.kind) {
      case 'any':
        return looseValues[name] ?? { name, number: next(), nested: { list: [1, 'two', null], yes: true } };
      case 'scalar':
        return scalarOf(schema);
      case 'struct':
        return above.filter((one) => one.goType === schema.goType).length >= depth
          ? undefined
          : structOf(schema, above);
      case 'list': {
        const items = [sampleOf(schema.items, above, name), sampleOf(schema.items, above, name)];
        return items.includes(undefined) ? undefined : items;
      }
      case 'map': {
        const value = sampleOf(schema.values, above, name);
        return value === undefined ? undefined : { a: value, 'example.com/é': sampleOf(schema.values, above, name) };
      }
    }
  }

  function scalarOf({ type, goType }: ScalarSchema): unknown {
    const n = next();
    switch (type) {
      case 'string':
        return seed < 0 && n % 3 === 0 ? `tëxt-${'x'.repeat(n % 300)}-🦊` : `text-${n}`;
      case 'bool':
        return true;
      case 'int': {
        const wide = goType === 'int64' || goType === 'time.Duration' ? 2 ** 40 : 1;
        return (n + 1) * wide * (seed < 0 && !goType.startsWith('uint') ? -1 : 1);
      }
      case 'float':
        return n + 0.25;
      case 'bytes':
        return btoa(`bytes ${n}`);
      case 'quantity':
        return `${n + 1}Mi`;
      case 'intOrString':
        return n % 2 === 0 ? n + 1 : `port-${n}`;
      case 'time':
        return `2026-01-01T00:00:${String(n % 60).padStart(2, '0')}Z`;
      case 'microTime':
        return `2026-01-01T00:00:00.${String(n % 1_000_000).padStart(6, '0')}Z`;
      case 'duration':
        return `${(n % 59) + 1}s`;
    }
  }

  return structOf(schemaOfType(key), []);
}

/** Values for fields with alternatives. */
const looseValues: Readonly<Record<string, unknown>> = {
  items: { type: 'string', description: 'One schema for all of them' },
  additionalItems: true,
  additionalProperties: { type: 'integer' },
  dependencies: ['one', 'other'],
};

let structsOfKinds: Set<StructSchema> | undefined;

/** Types with apiVersion and kind, which a message does not contain. */
function kinds(): ReadonlySet<StructSchema> {
  structsOfKinds ??= new Set(
    Object.entries(typeFacts().types).flatMap(([key, { fields }]) =>
      fields['~TypeMeta'] === undefined ? [] : [schemaOfType(key)],
    ),
  );
  return structsOfKinds;
}
