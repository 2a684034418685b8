import { childPath, type FieldPath, indexPath, isJsonObject, type JsonObject } from '@typernetes/machinery';
import { isEmbedded, isKept, propertySchema, type StructuralSchema } from './structural-schema.ts';

/** The fields that every object has, whatever its schema. */
const objectFields = new Set(['apiVersion', 'kind', 'metadata']);

/** Removes fields unknown to the schema, in place. Returns their paths. */
export function prune(object: JsonObject, schema: StructuralSchema): FieldPath[] {
  const removed: FieldPath[] = [];
  pruneObject(object, schema, { path: '', resource: true, removed });
  return removed;
}

interface Place {
  readonly path: FieldPath;
  readonly resource: boolean;
  readonly removed: FieldPath[];
}

function pruneValue(value: unknown, schema: StructuralSchema, place: Place): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items) {
      value.forEach((item, i) => {
        pruneValue(item, items, { ...place, path: indexPath(place.path, i) });
      });
    }
  } else if (isJsonObject(value)) {
    pruneObject(value, schema, { ...place, resource: isEmbedded(schema) });
  }
}

function pruneObject(object: JsonObject, schema: StructuralSchema, { path, resource, removed }: Place): void {
  const keepsAll = isKept(schema) || schema.additionalProperties === true;
  for (const name of Object.keys(object)) {
    if (resource && objectFields.has(name)) continue;
    const inner = propertySchema(schema, name);
    const at = childPath(path, name);
    if (inner) pruneValue(object[name], inner, { path: at, resource: false, removed });
    else if (!keepsAll) {
      delete object[name];
      removed.push(at);
    }
  }
}
