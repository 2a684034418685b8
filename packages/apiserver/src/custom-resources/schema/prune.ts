import { childPath, type FieldPath, indexPath, isJsonObject, type JsonObject } from '@typernetes/machinery';
import { isEmbedded, isKept, propertySchema, type StructuralSchema } from './structural-schema.ts';

/** What every object of the API has, whatever its schema says. */
const objectFields = new Set(['apiVersion', 'kind', 'metadata']);

/** Removes what the schema does not know, in place. Returns the paths of what was removed. */
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
