import { ordered } from '../patch/ordering.ts';
import {
  anySchema,
  isJsonObject,
  type JsonObject,
  type ListSchema,
  memberSchema,
  ownMember,
  type Schema,
  setMember,
} from '../schema/schema.ts';
import { elementOf, itemsByElement } from './list-elements.ts';

/** The live object with all that a configuration says put over it. Nothing is changed in place. */
export function mergeConfiguration(live: JsonObject, config: JsonObject, schema: Schema): JsonObject {
  return mergeMembers(live, config, schema);
}

function mergeValue(live: unknown, config: unknown, schema: Schema): unknown {
  if (schema.kind === 'list' && schema.type !== 'atomic' && Array.isArray(config) && Array.isArray(live)) {
    return mergeItems(live, config, schema);
  }
  const atomic = (schema.kind === 'struct' || schema.kind === 'map') && schema.atomic;
  if (!atomic && schema.kind !== 'scalar' && isJsonObject(config) && isJsonObject(live)) {
    return mergeMembers(live, config, schema);
  }
  return config;
}

/** A null says that the field shall not be there. */
function mergeMembers(live: JsonObject, config: JsonObject, schema: Schema): JsonObject {
  const merged: JsonObject = { ...live };
  for (const [name, value] of Object.entries(config)) {
    if (value === undefined) continue;
    if (value === null) delete merged[name];
    else {
      const member = memberSchema(schema, name) ?? anySchema;
      setMember(merged, name, mergeValue(ownMember(live, name), value, member));
    }
  }
  return merged;
}

function mergeItems(live: readonly unknown[], config: readonly unknown[], list: ListSchema): unknown[] {
  const byElement = itemsByElement(live, list);
  const merged = new Map<string | undefined, unknown>(byElement);
  for (const item of config) {
    const element = elementOf(item, list);
    const existing = element === undefined ? undefined : byElement.get(element);
    merged.set(element, existing === undefined ? item : mergeValue(existing, item, list.items));
  }
  const idOf = (item: unknown): unknown => elementOf(item, list);
  return ordered([...merged.values()], { order: config, original: live, idOf });
}
