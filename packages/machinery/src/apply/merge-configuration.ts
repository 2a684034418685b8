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

/** The live object with a configuration merged into it. Nothing is changed in place. */
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

/** As upstream, a null replaces an atomic value, and has no effect on values that are merged. */
function mergeMembers(live: JsonObject, config: JsonObject, schema: Schema): JsonObject {
  const merged: JsonObject = { ...live };
  for (const [name, value] of Object.entries(config)) {
    if (value === undefined) continue;
    const member = memberSchema(schema, name) ?? anySchema;
    const existing = ownMember(live, name);
    if (value === null && isMerged(existing, member)) continue;
    setMember(merged, name, mergeValue(existing, value, member));
  }
  return merged;
}

/** Whether a value is not atomic, and not empty. */
function isMerged(value: unknown, schema: Schema): boolean {
  if (Array.isArray(value)) return schema.kind === 'list' && schema.type !== 'atomic' && value.length > 0;
  if (!isJsonObject(value) || Object.keys(value).length === 0) return false;
  return schema.kind === 'any' || ((schema.kind === 'struct' || schema.kind === 'map') && !schema.atomic);
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
