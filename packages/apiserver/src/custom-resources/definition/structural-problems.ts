import {
  type FieldProblem,
  forbiddenValue,
  invalidValue,
  keyPath,
  problemText,
  requiredValue,
} from '@typernetes/machinery';
import { isEmbedded, isIntOrString, isKept, type StructuralSchema } from '../schema/structural-schema.ts';
import { completenessProblems, junctorProblems } from './junctor-problems.ts';

type Level = 'root' | 'field' | 'item';

const typeRequired: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  field: 'must not be empty for specified object fields',
  item: 'must not be empty for specified array items',
};

/** Why a schema is not structural, by the texts of the problems, as upstream sorts them. */
export function structuralProblems(schema: StructuralSchema, path: string): FieldProblem[] {
  const problems = [
    ...invariantProblems(schema, path, 'root'),
    ...completenessProblems(schema, { schema, path }, path),
  ];
  const textOf = new Map(problems.map((problem) => [problem, problemText(problem)]));
  return problems.sort((a, b) => ((textOf.get(a) ?? '') < (textOf.get(b) ?? '') ? -1 : 1));
}

function* invariantProblems(schema: StructuralSchema, path: string, level: Level): Generator<FieldProblem> {
  if (schema.type === 'array' && !schema.items) yield requiredValue(`${path}.items`, 'must be specified');
  if (schema.items) yield* invariantProblems(schema.items, `${path}.items`, 'item');
  for (const [name, inner] of Object.entries(schema.properties ?? {}))
    yield* invariantProblems(inner, keyPath(`${path}.properties`, name), 'field');
  const values = schema.additionalProperties;
  if (values !== undefined && level === 'root')
    yield forbiddenValue(`${path}.additionalProperties`, 'must not be used at the root');
  if (typeof values === 'object') yield* invariantProblems(values, `${path}.additionalProperties`, 'field');
  yield* extensionProblems(schema, path);
  yield* junctorProblems(schema, path);
  yield* typeProblems(schema, path, level);
  if (isEmbedded(schema) && values !== undefined) {
    const detail = 'must not be used if x-kubernetes-embedded-resource is set';
    yield forbiddenValue(`${path}.additionalProperties`, detail);
  }
  yield* metadataProblems(schema, path, level);
  if (isEmbedded(schema) && !isKept(schema) && Object.keys(schema.properties ?? {}).length === 0) {
    yield requiredValue(
      `${path}.properties`,
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
    );
  }
}

function* extensionProblems(schema: StructuralSchema, path: string): Generator<FieldProblem> {
  if (!isIntOrString(schema)) return;
  for (const keyword of ['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource'] as const)
    if (schema[keyword])
      yield invalidValue(`${path}.${keyword}`, true, 'must be false if x-kubernetes-int-or-string is true');
}

function* typeProblems(schema: StructuralSchema, path: string, level: Level): Generator<FieldProblem> {
  const { type } = schema;
  const at = `${path}.type`;
  if (isEmbedded(schema) && type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true';
    yield type ? invalidValue(at, type, detail) : requiredValue(at, detail);
  } else if (!type && !isIntOrString(schema) && !isKept(schema)) yield requiredValue(at, typeRequired[level]);
  if (level === 'root' && type && type !== 'object') yield invalidValue(at, type, 'must be object at the root');
}

function* metadataProblems(schema: StructuralSchema, path: string, level: Level): Generator<FieldProblem> {
  const isObject = level === 'root' || isEmbedded(schema);
  const { properties = {} } = schema;
  for (const name of ['kind', 'apiVersion']) {
    const inner = properties[name];
    if (isObject && inner && inner.type !== 'string')
      yield invalidValue(`${keyPath(`${path}.properties`, name)}.type`, inner.type ?? '', 'must be string');
  }
  const { metadata } = properties;
  if (!metadata) return;
  const at = keyPath(`${path}.properties`, 'metadata');
  if (isObject && metadata.type !== 'object') yield invalidValue(`${at}.type`, metadata.type ?? '', 'must be object');
  if (level !== 'root') return;
  // Of the root's metadata only names can be restricted; example and externalDocs are ignored.
  const {
    type: _type,
    default: _default,
    example: _example,
    externalDocs: _docs,
    properties: names,
    ...rest
  } = metadata;
  const others = Object.keys(names ?? {}).filter((name) => name !== 'name' && name !== 'generateName');
  if (others.length > 0 || Object.keys(rest).length > 0) {
    const detail = 'must not specify anything other than name and generateName, but metadata is implicitly specified';
    yield forbiddenValue(at, detail);
  }
}

const unsupported = [
  'id',
  '$schema',
  '$ref',
  'patternProperties',
  'dependencies',
  'additionalItems',
  'definitions',
] as const;

/** Whether a schema has what no structural schema can have, at any depth: then upstream does not look at its structure. */
export function isBeyondStructural(schema: StructuralSchema): boolean {
  const isSet = (value: unknown): boolean =>
    typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value);
  const own =
    unsupported.some((keyword) => isSet(schema[keyword])) ||
    schema.additionalItems !== undefined ||
    Array.isArray(schema.items) ||
    schema['x-kubernetes-preserve-unknown-fields'] === false;
  if (own) return true;
  const { items, not, additionalProperties: values, properties = {}, allOf = [], anyOf = [], oneOf = [] } = schema;
  const below = [items, not, typeof values === 'object' ? values : undefined, ...Object.values(properties)];
  return [...below, ...allOf, ...anyOf, ...oneOf].some((inner) => inner !== undefined && isBeyondStructural(inner));
}
