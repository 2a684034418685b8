import { messageOf } from '@typernetes/base';
import { pattern } from '@typernetes/cel';
import {
  type FieldProblem,
  forbiddenValue,
  invalidValue,
  isJsonObject,
  keyPath,
  requiredValue,
  unsupportedValue,
} from '@typernetes/machinery';
import { prune } from '../schema/prune.ts';
import { isEmbedded, isIntOrString, isKept, type StructuralSchema } from '../schema/structural-schema.ts';
import { listTypeProblems, valueProblems } from '../schema/value-problems.ts';
import { junctorProblems } from './junctor-problems.ts';

type Level = 'root' | 'field' | 'item';

const typeRequired: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  field: 'must not be empty for specified object fields',
  item: 'must not be empty for specified array items',
};

/** Why a schema is not structural, or what else it may not say. */
export function* structuralProblems(
  schema: StructuralSchema,
  path: string,
  level: Level = 'root',
): Generator<FieldProblem> {
  const open = isIntOrString(schema) || isKept(schema);
  if (!schema.type && !(open && level !== 'root')) yield requiredValue(`${path}.type`, typeRequired[level]);
  else if (level === 'root' && schema.type !== 'object') {
    yield invalidValue(`${path}.type`, schema.type, 'must be object at the root');
  }
  if (level === 'root' && schema.nullable)
    yield forbiddenValue(`${path}.nullable`, 'nullable cannot be true at the root');
  yield* keywordProblems(schema, path);
  yield* extensionProblems(schema, path);
  yield* junctorProblems(schema, path);
  if (schema.default !== undefined) yield* defaultProblems(schema, path, level);
  if (level === 'root' || isEmbedded(schema)) yield* metadataProblems(schema, path);
  if (schema.type === 'array' && !schema.items) yield requiredValue(`${path}.items`, 'must be specified');
  const nested = schema.items ? ([[schema.items, `${path}.items`, 'item']] as const) : [];
  for (const [inner, at, kind] of nested) yield* structuralProblems(inner, at, kind);
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    if ((level === 'root' || isEmbedded(schema)) && name === 'metadata') continue;
    yield* structuralProblems(inner, keyPath(`${path}.properties`, name), 'field');
  }
  const values = schema.additionalProperties;
  if (typeof values === 'object') yield* structuralProblems(values, `${path}.additionalProperties`, 'field');
}

const unsupported = ['$ref', 'definitions', 'dependencies', 'id', 'patternProperties', 'additionalItems'] as const;
const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

function* keywordProblems(schema: StructuralSchema, path: string): Generator<FieldProblem> {
  for (const keyword of unsupported) {
    if (schema[keyword] !== undefined) yield forbiddenValue(`${path}.${keyword}`, `${keyword} is not supported`);
  }
  if (schema.type && !types.includes(schema.type)) yield unsupportedValue(`${path}.type`, schema.type, types);
  if (schema.uniqueItems) {
    yield forbiddenValue(
      `${path}.uniqueItems`,
      'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
    );
  }
  if (schema.additionalProperties === false) {
    yield forbiddenValue(`${path}.additionalProperties`, 'additionalProperties cannot be set to false');
  }
  if (schema.additionalProperties !== undefined && Object.keys(schema.properties ?? {}).length > 0) {
    yield forbiddenValue(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive');
  }
  if (Array.isArray(schema.items)) {
    yield forbiddenValue(`${path}.items`, 'items must be a schema object and not an array');
  }
  if (schema.pattern !== undefined) {
    try {
      pattern(schema.pattern);
    } catch (error) {
      yield invalidValue(
        `${path}.pattern`,
        schema.pattern,
        `must be a valid regular expression, but isn't: ${messageOf(error)}`,
      );
    }
  }
}

function* extensionProblems(schema: StructuralSchema, path: string): Generator<FieldProblem> {
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    yield invalidValue(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined');
  }
  if (isIntOrString(schema) && schema.type) {
    yield invalidValue(`${path}.x-kubernetes-int-or-string`, true, 'must not be set if type is specified');
  }
  if (isEmbedded(schema) && schema.type !== 'object') {
    yield invalidValue(`${path}.type`, schema.type ?? '', 'must be object if x-kubernetes-embedded-resource is true');
  }
  if (isEmbedded(schema) && !isKept(schema) && Object.keys(schema.properties ?? {}).length === 0) {
    yield requiredValue(
      `${path}.properties`,
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
    );
  }
  const mapType = schema['x-kubernetes-map-type'];
  if (mapType !== undefined) {
    if (schema.type !== 'object') {
      yield invalidValue(`${path}.type`, schema.type ?? '', 'must be object if x-kubernetes-map-type is specified');
    }
    if (mapType !== 'atomic' && mapType !== 'granular') {
      yield unsupportedValue(`${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']);
    }
  }
  yield* listTypeRules(schema, path);
}

function* listTypeRules(schema: StructuralSchema, path: string): Generator<FieldProblem> {
  const listType = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  if (listType === undefined) {
    if (keys.length > 0)
      yield requiredValue(`${path}.x-kubernetes-list-type`, 'must be map if x-kubernetes-list-map-keys is non-empty');
    return;
  }
  if (schema.type !== 'array') {
    yield invalidValue(`${path}.type`, schema.type ?? '', 'must be array if x-kubernetes-list-type is specified');
  }
  if (!['atomic', 'map', 'set'].includes(listType)) {
    yield unsupportedValue(`${path}.x-kubernetes-list-type`, listType, ['atomic', 'set', 'map']);
  }
  if (listType !== 'atomic' && schema.items?.nullable) {
    yield forbiddenValue(`${path}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${listType}`);
  }
  if (listType !== 'map') return;
  if (keys.length === 0) {
    yield requiredValue(`${path}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map');
  }
  const { items } = schema;
  if (items?.type !== 'object') {
    yield invalidValue(
      `${path}.items.type`,
      items?.type ?? '',
      "must be object if parent array's x-kubernetes-list-type is map",
    );
    return;
  }
  const at = `${path}.x-kubernetes-list-map-keys`;
  for (const [i, key] of keys.entries()) {
    if (keys.indexOf(key) < i) {
      yield invalidValue(at, keys, 'must not contain duplicate entries');
      continue;
    }
    const property = items.properties?.[key];
    if (!property) {
      yield invalidValue(at, keys, 'entries must all be names of item properties');
      continue;
    }
    if (!['boolean', 'integer', 'number', 'string'].includes(property.type ?? '')) {
      yield invalidValue(
        `${path}.items.properties[${key}].type`,
        property.type ?? '',
        "must be a scalar type if parent array's x-kubernetes-list-type is map",
      );
    }
    if (property.default === undefined && !items.required?.includes(key)) {
      yield requiredValue(
        `${path}.items.properties[${key}].default`,
        'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
      );
    }
    if (property.nullable) {
      yield forbiddenValue(
        `${path}.items.properties[${key}].nullable`,
        'this property is in x-kubernetes-list-map-keys, so it cannot be nullable',
      );
    }
  }
}

function* metadataProblems({ properties }: StructuralSchema, path: string): Generator<FieldProblem> {
  for (const name of ['kind', 'apiVersion']) {
    const type = properties?.[name]?.type;
    if (type !== undefined && type !== 'string') {
      yield invalidValue(`${path}.properties[${name}].type`, type, 'must be string');
    }
  }
  const metadata = properties?.metadata;
  if (!metadata) return;
  if (metadata.type !== 'object') {
    yield invalidValue(`${path}.properties[metadata].type`, metadata.type ?? '', 'must be object');
  }
  const { type: _type, description: _description, properties: inner = {}, ...rest } = metadata;
  const others = Object.keys(inner).filter((name) => name !== 'name' && name !== 'generateName');
  if (others.length > 0 || Object.keys(rest).length > 0) {
    yield forbiddenValue(
      `${path}.properties[metadata]`,
      'must not specify anything other than name and generateName, but metadata is implicitly specified',
    );
  }
}

/** Defaults must be what the schema itself accepts, with nothing that would be dropped. */
function* defaultProblems(schema: StructuralSchema, path: string, level: Level): Generator<FieldProblem> {
  const at = `${path}.default`;
  if (level === 'root') {
    yield forbiddenValue(at, 'must not be set at the root');
    return;
  }
  const value = structuredClone(schema.default);
  if (isJsonObject(value) && prune(value, { ...schema, properties: schema.properties ?? {} }).length > 0) {
    yield invalidValue(at, schema.default, 'must not have unknown fields');
  }
  // What messages name is the place within the default.
  for (const problem of valueProblems(schema.default, schema, { path: '' }))
    yield { ...problem, field: problem.field.replace(/^(?=[^[])/, '.').replace(/^/, at) };
  yield* listTypeProblems(schema.default, schema, at);
}
