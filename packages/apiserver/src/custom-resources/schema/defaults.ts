import { isJsonObject, type JsonObject, setMember } from '@typernetes/machinery';
import { propertySchema, type StructuralSchema, valueSchema } from './structural-schema.ts';

const holders = new WeakMap<StructuralSchema, boolean>();

/** Whether anything in a schema has a default. */
export function hasDefaults(schema: StructuralSchema): boolean {
  let found = holders.get(schema);
  if (found === undefined) {
    const values = valueSchema(schema);
    found =
      schema.default !== undefined ||
      Object.values(schema.properties ?? {}).some(hasDefaults) ||
      (schema.items !== undefined && hasDefaults(schema.items)) ||
      (values !== undefined && hasDefaults(values));
    holders.set(schema, found);
  }
  return found;
}

/**
 * Fills in defaults for missing values, and for nulls that are not allowed. In place; returns whether anything changed.
 */
export function applySchemaDefaults(value: unknown, schema: StructuralSchema): boolean {
  if (!hasDefaults(schema)) return false;
  if (Array.isArray(value)) {
    let changed = false;
    for (const item of value) if (schema.items && applySchemaDefaults(item, schema.items)) changed = true;
    return changed;
  }
  return isJsonObject(value) && defaultObject(value, schema);
}

function defaultObject(object: JsonObject, schema: StructuralSchema): boolean {
  let changed = false;
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    if (inner.default === undefined) continue;
    const present = Object.hasOwn(object, name) ? object[name] : undefined;
    if (present === undefined || (present === null && !inner.nullable)) {
      setMember(object, name, structuredClone(inner.default));
      changed = true;
    }
  }
  const values = valueSchema(schema);
  for (const [name, member] of Object.entries(object)) {
    if (member === null && values && !values.nullable && values.default !== undefined) {
      setMember(object, name, structuredClone(values.default));
      changed = true;
    }
    const inner = propertySchema(schema, name);
    if (inner && applySchemaDefaults(object[name], inner)) changed = true;
  }
  return changed;
}

/** Removes nulls that the schema neither allows nor has a default for: as upstream, they count as missing. In place. */
export function dropNulls(value: unknown, schema: StructuralSchema | undefined): void {
  if (Array.isArray(value)) for (const item of value) dropNulls(item, schema?.items);
  else if (isJsonObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      const inner = schema && propertySchema(schema, name);
      if (member === null && inner && !inner.nullable && inner.default === undefined) delete value[name];
      else if (typeof member === 'object') dropNulls(member, inner);
    }
  }
}
