import { madeTypeOf } from '@typernetes/cel';
import {
  decodeObject,
  isJsonObject,
  type JsonObject,
  type Schema,
  type StructSchema,
  typeMisfits,
} from '@typernetes/machinery';

/**
 * Why the apply configuration that a policy's expression has made cannot be merged into an object, in upstream's words: types that are not those of
 * their places, fields that the kind does not have, and what can only be replaced as a whole, by which others' values would be lost.
 */
export function applyProblem(config: JsonObject, schema: StructSchema): string | undefined {
  const misnamed = misnamedType(config, 'Object');
  if (misnamed) return `type mismatch: ${misnamed}`;
  const untyped = [
    ...typeMisfits(config, schema),
    ...undeclaredFields(config, schema).map((field) => `.${field}: field not declared in schema`),
  ];
  if (untyped.length > 0) {
    const details = untyped.length === 1 ? untyped[0] : `errors:${untyped.map((one) => `\n  ${one}`).join('')}`;
    return `error applying patch: failed to convert patch object to typed object: ${details}`;
  }
  const atomics = atomicsIn(config, schema, '');
  return atomics.length === 0
    ? undefined
    : `error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atomics.join(', ')}`;
}

function undeclaredFields(config: JsonObject, schema: StructSchema): readonly string[] {
  try {
    return decodeObject(config, schema).unknownFields;
  } catch {
    // Values that do not fit are among the misfits.
    return [];
  }
}

/** Where the types in the value of a JSON patch are not those of their places below the value's own. */
export function misnamedValue(value: unknown): string | undefined {
  const name = isJsonObject(value) ? madeTypeOf(value) : undefined;
  return name === undefined ? undefined : misnamedType(value, name);
}

/** Items of lists have the type of their list. */
function misnamedType(value: unknown, expected: string): string | undefined {
  if (Array.isArray(value)) return firstOf(value, (item) => misnamedType(item, expected));
  if (!isJsonObject(value)) return undefined;
  const name = madeTypeOf(value);
  if (name === undefined) return undefined;
  if (name !== expected)
    return `unexpected type name ${JSON.stringify(name)}, expected ${JSON.stringify(expected)}, which matches field name path from root Object type`;
  return firstOf(Object.entries(value), ([field, own]) => misnamedType(own, `${expected}.${field}`));
}

function firstOf<T>(items: readonly T[], problemOf: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const problem = problemOf(item);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function atomicsIn(value: unknown, schema: Schema, path: string): string[] {
  if (schema.kind === 'list' && Array.isArray(value))
    return [
      ...(schema.type === 'atomic' ? [path] : []),
      ...value.flatMap((item, index) => atomicsIn(item, schema.items, `${path}[${index}]`)),
    ];
  if (!isJsonObject(value) || (schema.kind !== 'struct' && schema.kind !== 'map')) return [];
  const below =
    schema.kind === 'map'
      ? []
      : Object.entries(value).flatMap(([name, own]) => {
          const field = schema.fields.get(name);
          return field ? atomicsIn(own, field.schema, `${path}.${name}`) : [];
        });
  return [...(schema.atomic ? [path] : []), ...below];
}
