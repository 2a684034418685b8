import {
  type FieldProblem,
  forbiddenValue,
  invalidValue,
  keyPath,
  requiredValue,
  unsupportedValue,
} from '@typernetes/machinery';
import type { StructuralSchema } from '../schema/structural-schema.ts';

/** The requirements of map and set lists on their items. */
export function* listTypeRules(
  schema: StructuralSchema,
  path: string,
  { keepsSets }: { readonly keepsSets: boolean },
): Generator<FieldProblem> {
  const listType = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const at = `${path}.x-kubernetes-list-type`;
  if (listType !== undefined && schema.type !== 'array') {
    const detail = 'must be array if x-kubernetes-list-type is specified';
    yield schema.type ? invalidValue(`${path}.type`, schema.type, detail) : requiredValue(`${path}.type`, detail);
  } else if (listType === 'set' && !keepsSets && schema.items) yield* setItemProblems(schema.items, `${path}.items`);
  if (listType !== undefined && !['atomic', 'map', 'set'].includes(listType))
    yield unsupportedValue(at, listType, ['atomic', 'set', 'map']);
  if (keys.length > 0 && listType !== 'map') {
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty';
    yield listType === undefined ? requiredValue(at, detail) : invalidValue(at, listType, detail);
  }
  if (listType === 'map') yield* keyedProblems(schema, keys, path);
  if ((listType === 'map' || listType === 'set') && schema.items?.nullable)
    yield forbiddenValue(`${path}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${listType}`);
  if (listType === 'map' && schema.items) yield* keyProblems(schema.items, keys, `${path}.items`);
}

const notAtomic = 'must be atomic as item of a list with x-kubernetes-list-type=set';

/** Items of a set are compared as a whole, so they must be written as a whole. */
function* setItemProblems(items: StructuralSchema, path: string): Generator<FieldProblem> {
  const listType = items['x-kubernetes-list-type'];
  if (items.type === 'array' && listType !== undefined && listType !== 'atomic')
    yield invalidValue(`${path}.x-kubernetes-list-type`, listType, notAtomic);
  // Upstream shows the other extension here, which no object has.
  if (items.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic')
    yield invalidValue(`${path}.x-kubernetes-map-type`, listType ?? 'null', notAtomic);
}

export const hasNonAtomicSet = (schema: StructuralSchema | undefined): boolean => {
  if (!schema) return false;
  if (schema['x-kubernetes-list-type'] === 'set' && schema.items && [...setItemProblems(schema.items, '')].length > 0)
    return true;
  const values = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
  return [schema.items, values, ...Object.values(schema.properties ?? {})].some(hasNonAtomicSet);
};

function* keyedProblems(schema: StructuralSchema, keys: readonly string[], path: string): Generator<FieldProblem> {
  const at = `${path}.x-kubernetes-list-map-keys`;
  const { items } = schema;
  if (keys.length === 0) yield requiredValue(at, 'must not be empty if x-kubernetes-list-type is map');
  if (!items) yield requiredValue(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map');
  else if (Array.isArray(items))
    yield invalidValue(`${path}.items`, items, 'must only have a single schema if x-kubernetes-list-type is map');
  else if (items.type !== 'object') {
    const detail = "must be object if parent array's x-kubernetes-list-type is map";
    yield invalidValue(`${path}.items.type`, items.type ?? '', detail);
  } else {
    for (const [i, key] of keys.entries()) {
      const property = items.properties?.[key];
      if (!property) yield invalidValue(at, keys, 'entries must all be names of item properties');
      else if (property.type === 'array' || property.type === 'object') {
        const detail = "must be a scalar type if parent array's x-kubernetes-list-type is map";
        yield invalidValue(`${keyPath(`${path}.items.properties`, key)}.type`, items.type, detail);
      }
      if (keys.indexOf(key) < i) yield invalidValue(at, keys, 'must not contain duplicate entries');
    }
  }
}

/** Every item has its keys. */
function* keyProblems(items: StructuralSchema, keys: readonly string[], path: string): Generator<FieldProblem> {
  const subject = 'this property is in x-kubernetes-list-map-keys, so it';
  for (const key of keys) {
    const property = items.properties?.[key];
    const at = keyPath(`${path}.properties`, key);
    if (!property) continue;
    if (property.default === undefined && !items.required?.includes(key))
      yield requiredValue(`${at}.default`, `${subject} must have a default or be a required property`);
    if (property.nullable) yield forbiddenValue(`${at}.nullable`, `${subject} cannot be nullable`);
  }
}
