import {
  anySchema,
  isJsonObject,
  type JsonObject,
  memberSchema,
  ownMember,
  type Schema,
  setMember,
} from '../schema/schema.ts';
import { mergeItems } from './merge-items.ts';

/** The live object with a configuration merged into it. Nothing is changed in place. */
export function mergeConfiguration(live: JsonObject, config: JsonObject, schema: Schema): JsonObject {
  return mergeMembers(live, config, schema);
}

function mergeValue(live: unknown, config: unknown, schema: Schema): unknown {
  if (schema.kind === 'list' && schema.type !== 'atomic' && Array.isArray(config) && Array.isArray(live)) {
    return mergeItems(live, config, {
      list: schema,
      merge: (one, other) => mergeValue(one, other, schema.items),
    });
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
