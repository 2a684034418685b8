import { isJsonObject, type JsonObject, type ListSchema, memberSchema, type Schema } from '../schema/schema.ts';
import { type Fields, insertPath } from './fields.ts';
import { elementOf } from './list-elements.ts';

/** The fields that a configuration sets: those its manager owns by applying it. */
export function configuredFields(config: JsonObject, schema: Schema): Fields {
  const fields: Fields = {};
  collect(config, schema, { fields, path: [] });
  return fields;
}

interface Target {
  readonly fields: Fields;
  readonly path: string[];
}

function collect(value: unknown, schema: Schema, target: Target): void {
  const atomic = (schema.kind === 'struct' || schema.kind === 'map') && schema.atomic;
  if (schema.kind === 'list' && schema.type !== 'atomic' && Array.isArray(value)) collectItems(value, schema, target);
  else if (schema.kind === 'scalar' || atomic || !isJsonObject(value)) insertPath(target.fields, target.path);
  else collectMembers(value, schema, target);
}

function collectItems(items: readonly unknown[], list: ListSchema, target: Target): void {
  for (const item of items) {
    const element = elementOf(item, list);
    if (element === undefined) continue;
    target.path.push(element);
    collect(item, list.items, target);
    insertPath(target.fields, target.path);
    target.path.pop();
  }
}

function collectMembers(object: JsonObject, schema: Schema, target: Target): void {
  for (const [name, member] of Object.entries(object)) {
    if (member === undefined) continue;
    target.path.push(`f:${name}`);
    const inner = memberSchema(schema, name);
    if (inner !== undefined) collect(member, inner, target);
    const isEmptyObject = isJsonObject(member) && Object.keys(member).length === 0;
    if (member === null || isEmptyObject || schema.kind === 'map') insertPath(target.fields, target.path);
    target.path.pop();
  }
}
