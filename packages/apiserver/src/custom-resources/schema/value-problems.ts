import { pattern } from '@typernetes/cel';
import {
  childPath,
  duplicateValue,
  type FieldPath,
  type FieldProblem,
  indexPath,
  invalidType,
  invalidValue,
  isJsonObject,
  jsonEqual,
  keyPath,
  requiredValue,
  tooLong,
  tooMany,
  unsupportedValue,
} from '@typernetes/machinery';
import { combinationProblems } from './combination-problems.ts';
import { embeddedProblems } from './embedded-objects.ts';
import { stringFormats } from './formats.ts';
import { isEmbedded, isIntOrString, type StructuralSchema, valueSchema } from './structural-schema.ts';

/** One value being validated: its path and, in an update, the old value. */
interface Checked {
  readonly path: FieldPath;
  /** Values that did not change are not refused, even where a rule became stricter. */
  readonly old?: unknown;
}

/** The problems with a value under a schema, in upstream's words. */
export function* valueProblems(value: unknown, schema: StructuralSchema, at: Checked): Generator<FieldProblem> {
  if (at.old !== undefined && jsonEqual(value, at.old)) return;
  if (value === null) {
    if (!schema.nullable && (schema.type || isIntOrString(schema))) yield wrongType(value, schema, at.path);
    yield* choiceProblems(value, schema, at.path);
    return;
  }
  // A value of the wrong type is still checked by keywords that apply to any type.
  if (!hasType(value, schema)) yield wrongType(value, schema, at.path);
  else if (typeof value === 'string') yield* textProblems(value, schema, at.path);
  else if (typeof value === 'number' || typeof value === 'bigint') yield* numberProblems(value, schema, at.path);
  else if (Array.isArray(value)) yield* listProblems(value, schema, at);
  else if (isJsonObject(value)) yield* objectProblems(value, schema, at);
  yield* choiceProblems(value, schema, at.path);
  const { path } = at;
  yield* combinationProblems(schema, { path, problemsOf: (one) => [...valueProblems(value, one, { path })] });
}

/** As upstream, a fraction is truncated before it is compared with integers: 1.5 equals 1. */
const isCutTo = (value: unknown, allowed: unknown): boolean =>
  typeof value === 'number' &&
  typeof allowed === 'number' &&
  Number.isInteger(allowed) &&
  Math.trunc(value) === allowed;

/** A nullable enum must list null explicitly. */
function* choiceProblems(value: unknown, schema: StructuralSchema, path: FieldPath): Generator<FieldProblem> {
  if (!schema.enum || schema.enum.some((allowed) => jsonEqual(allowed, value) || isCutTo(value, allowed))) return;
  yield unsupportedValue(
    path,
    value,
    schema.enum.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))),
  );
}

/**
 * Integers beyond 2⁵³ are bigints; a number of that size had a fraction, an exponent or more than 64 bits, which is not
 * an integer for upstream either.
 */
const isInteger = (value: unknown): boolean => typeof value === 'bigint' || Number.isSafeInteger(value);

const typeNames: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  integer: isInteger,
  number: (value) => typeof value === 'number' || typeof value === 'bigint',
  array: Array.isArray,
  object: isJsonObject,
};

function hasType(value: unknown, schema: StructuralSchema): boolean {
  if (isIntOrString(schema)) return typeof value === 'string' || isInteger(value);
  return schema.type ? (typeNames[schema.type]?.(value) ?? true) : true;
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return isInteger(value) ? 'integer' : typeof value;
}

/** The path of a value in messages. */
const within = (path: FieldPath): string => (path === '' ? '<nil>' : path);

function wrongType(value: unknown, schema: StructuralSchema, path: FieldPath): FieldProblem {
  const wanted = isIntOrString(schema) ? 'integer,string' : schema.type;
  const found = typeName(value);
  return invalidType(path, found, `${within(path)} in body must be of type ${wanted}: ${JSON.stringify(found)}`);
}

function* textProblems(value: string, schema: StructuralSchema, path: FieldPath): Generator<FieldProblem> {
  const { minLength, maxLength, format } = schema;
  const length = minLength === undefined && maxLength === undefined ? 0 : [...value].length;
  if (maxLength !== undefined && length > maxLength) yield tooLong(path, maxLength);
  if (minLength !== undefined && length < minLength) {
    yield invalidValue(path, value, `${path} in body should be at least ${minLength} chars long`);
  }
  if (schema.pattern !== undefined && !pattern(schema.pattern).matcher(value).find()) {
    yield invalidValue(path, value, `${path} in body should match '${schema.pattern}'`);
  }
  const known =
    format === undefined
      ? undefined
      : stringFormats.get(format.replaceAll('-', '') === 'datetime' ? 'date-time' : format);
  if (known && !known(value)) {
    yield invalidType(path, value, `${path} in body must be of type ${format}: ${JSON.stringify(value)}`);
  }
}

function* numberProblems(value: number | bigint, schema: StructuralSchema, path: FieldPath): Generator<FieldProblem> {
  const { multipleOf } = schema;
  // As upstream, an integer is compared with the truncated bound: 0 passes a minimum of 0.5.
  const [minimum, maximum] = [schema.minimum, schema.maximum].map((bound) =>
    typeof bound === 'number' && isInteger(value) ? Math.trunc(bound) : bound,
  );
  const wrong = (why: string): FieldProblem => invalidValue(path, value, `${path} in body should be ${why}`);
  if (maximum !== undefined && (schema.exclusiveMaximum ? value >= maximum : value > maximum)) {
    yield wrong(`less than ${schema.exclusiveMaximum ? '' : 'or equal to '}${maximum}`);
  }
  if (minimum !== undefined && (schema.exclusiveMinimum ? value <= minimum : value < minimum)) {
    yield wrong(`greater than ${schema.exclusiveMinimum ? '' : 'or equal to '}${minimum}`);
  }
  if (multipleOf !== undefined && multipleOf < 0)
    yield invalidValue(path, multipleOf, `factor MultipleOf declared for ${path} must be positive: ${multipleOf}`);
  else if (multipleOf !== undefined && !isMultiple(value, multipleOf)) yield wrong(`a multiple of ${multipleOf}`);
  const limit = schema.format === 'int32' ? 2 ** 31 : undefined;
  if (limit !== undefined && (value >= limit || value < -limit)) {
    yield invalidType(path, value, `${path} in body must be of type int32: ${JSON.stringify(String(value))}`);
  }
}

/** For two integers by the remainder, which has no limit; else by division, as upstream. */
function isMultiple(value: number | bigint, factor: number): boolean {
  if (typeof value === 'bigint' && Number.isInteger(factor) && factor !== 0) return value % BigInt(factor) === 0n;
  return Number.isInteger(Number(value) / factor);
}

function* listProblems(list: readonly unknown[], schema: StructuralSchema, at: Checked): Generator<FieldProblem> {
  const { minItems, maxItems, items } = schema;
  if (maxItems !== undefined && list.length > maxItems) yield tooMany(at.path, list.length, maxItems);
  if (minItems !== undefined && list.length < minItems) {
    yield invalidValue(at.path, list.length, `${at.path} in body should have at least ${minItems} items`);
  }
  if (!items) return;
  const oldOf = correlated(list, schema, at.old);
  for (const [i, item] of list.entries()) {
    yield* valueProblems(item, items, { path: indexPath(at.path, i), old: oldOf(item) });
  }
}

/** The old value of an item; known only for lists with keys. */
export function correlated(
  _list: readonly unknown[],
  schema: StructuralSchema,
  old: unknown,
): (item: unknown) => unknown {
  if (schema['x-kubernetes-list-type'] !== 'map' || !Array.isArray(old)) return () => undefined;
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const byKey = new Map(old.map((item) => [keyText(item, keys, schema), item]));
  return (item) => byKey.get(keyText(item, keys, schema));
}

/** The values of an item's keys; a missing one has its default. */
function keysOf(item: unknown, keys: readonly string[], { items }: StructuralSchema): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const key of keys) {
    const value = isJsonObject(item) ? (item[key] ?? items?.properties?.[key]?.default) : undefined;
    if (value !== undefined) found[key] = value;
  }
  return found;
}

const keyText = (item: unknown, keys: readonly string[], schema: StructuralSchema): string =>
  JSON.stringify(keysOf(item, keys, schema));

function* objectProblems(
  object: Readonly<Record<string, unknown>>,
  schema: StructuralSchema,
  { path, old }: Checked,
): Generator<FieldProblem> {
  const names = Object.keys(object);
  const before = isJsonObject(old) ? old : undefined;
  const { maxProperties, minProperties } = schema;
  // With too many or too few members, only that is reported.
  if (maxProperties !== undefined && names.length > maxProperties) {
    yield tooMany(path, names.length, maxProperties);
    return;
  }
  if (minProperties !== undefined && names.length < minProperties) {
    yield invalidValue(path, names.length, `${path} in body should have at least ${minProperties} properties`);
    return;
  }
  for (const name of schema.required ?? [])
    if (!Object.hasOwn(object, name)) yield requiredValue(childPath(path, name));
  if (isEmbedded(schema)) yield* embeddedProblems(object, path);
  const values = valueSchema(schema);
  for (const name of names) {
    const inner = schema.properties && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    const earlier = before && Object.hasOwn(before, name) ? before[name] : undefined;
    if (inner) yield* valueProblems(object[name], inner, { path: childPath(path, name), old: earlier });
    else if (values) yield* valueProblems(object[name], values, { path: childPath(path, name), old: earlier });
  }
}

/** Items of sets and of lists with keys are there once. */
export function* listTypeProblems(value: unknown, schema: StructuralSchema, path: FieldPath): Generator<FieldProblem> {
  if (Array.isArray(value)) {
    const kind = schema['x-kubernetes-list-type'];
    const seen = new Set<string>();
    for (const [i, item] of value.entries()) {
      const keys = schema['x-kubernetes-list-map-keys'] ?? [];
      if (kind === 'map' && item !== null && !isJsonObject(item)) {
        yield invalidValue(indexPath(path, i), item, 'must be an object for an array of list-type map');
        return;
      }
      const shown = kind === 'map' ? keysOf(item, keys, schema) : item;
      const text = JSON.stringify(shown);
      if ((kind === 'map' || kind === 'set') && seen.has(text)) yield duplicateValue(indexPath(path, i), shown);
      seen.add(text);
      if (schema.items) yield* listTypeProblems(item, schema.items, indexPath(path, i));
    }
  } else if (isJsonObject(value)) {
    const values = valueSchema(schema);
    for (const [name, member] of Object.entries(value)) {
      const inner = schema.properties && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
      if (inner) yield* listTypeProblems(member, inner, childPath(path, name));
      else if (values) yield* listTypeProblems(member, values, keyPath(path, name));
    }
  }
}
