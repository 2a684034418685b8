import {
  type FieldProblem,
  forbiddenValue,
  indexPath,
  invalidValue,
  keyPath,
  requiredValue,
  unsupportedValue,
} from '@typernetes/machinery';
import { isEmbedded, type StructuralSchema } from '../schema/structural-schema.ts';
import { listTypeRules } from './list-type-rules.ts';
import { ruleTextProblems } from './rule-definition-problems.ts';

/** Existing values may stay even if they would be refused in a new schema. */
export interface KeywordOptions {
  /** Items of sets need not be atomic. */
  readonly keepsSets: boolean;
}

interface Place extends KeywordOptions {
  readonly isRoot: boolean;
  /** Why defaults are not allowed. */
  readonly noDefaults: string | undefined;
  readonly isInsideMetadata: boolean;
}

/** Other forbidden keywords, structural or not. */
export function keywordProblems(schema: StructuralSchema, path: string, options: KeywordOptions): FieldProblem[] {
  return [...problemsAt(schema, path, { ...options, isRoot: true, noDefaults: undefined, isInsideMetadata: false })];
}

function* problemsAt(schema: StructuralSchema, path: string, place: Place): Generator<FieldProblem> {
  yield* ownProblems(schema, path, place);
  const inner = { ...place, isRoot: false };
  const values = schema.additionalProperties;
  if (typeof values === 'object') {
    const noDefaults = 'inside additionalProperties applying to object metadata';
    yield* problemsAt(
      values,
      `${path}.additionalProperties`,
      place.isInsideMetadata ? { ...inner, noDefaults } : inner,
    );
  }
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const isMetadata = (place.isRoot || isEmbedded(schema)) && ['metadata', 'kind', 'apiVersion'].includes(name);
    yield* problemsAt(property, keyPath(`${path}.properties`, name), {
      ...inner,
      isInsideMetadata: inner.isInsideMetadata || isMetadata,
      noDefaults: isMetadata && place.isRoot ? `in top-level ${name}` : inner.noDefaults,
    });
  }
  if (schema.not) yield* problemsAt(schema.not, `${path}.not`, inner);
  for (const junctor of ['allOf', 'oneOf', 'anyOf'] as const)
    for (const [i, choice] of (schema[junctor] ?? []).entries())
      yield* problemsAt(choice, indexPath(`${path}.${junctor}`, i), inner);
  if (schema.items && !Array.isArray(schema.items)) yield* problemsAt(schema.items, `${path}.items`, inner);
  yield* extensionProblems(schema, path, place);
}

const unsupported = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'] as const;
const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

function* ownProblems(schema: StructuralSchema, path: string, place: Place): Generator<FieldProblem> {
  if (schema.type && !types.includes(schema.type)) yield unsupportedValue(`${path}.type`, schema.type, types);
  if (schema.default !== undefined && place.noDefaults !== undefined)
    yield forbiddenValue(`${path}.default`, `must not be set ${place.noDefaults}`);
  for (const keyword of unsupported) {
    if (schema[keyword] !== undefined) yield forbiddenValue(`${path}.${keyword}`, `${keyword} is not supported`);
  }
  if (schema.type === 'null')
    yield forbiddenValue(`${path}.type`, 'type cannot be set to null, use nullable as an alternative');
  if (Array.isArray(schema.items))
    yield forbiddenValue(`${path}.items`, 'items must be a schema object and not an array');
  if (place.isInsideMetadata && isEmbedded(schema))
    yield forbiddenValue(`${path}.x-kubernetes-embedded-resource`, 'must not be used inside of resource meta');
  if (schema.uniqueItems) {
    const detail = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    yield forbiddenValue(`${path}.uniqueItems`, detail);
  }
  const { additionalProperties: values, properties = {} } = schema;
  if (values !== undefined && values !== true && Object.keys(properties).length > 0)
    yield forbiddenValue(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive');
}

function* extensionProblems(schema: StructuralSchema, path: string, place: Place): Generator<FieldProblem> {
  if (schema['x-kubernetes-preserve-unknown-fields'] === false)
    yield invalidValue(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined');
  const mapType = schema['x-kubernetes-map-type'];
  if (mapType !== undefined) {
    const at = `${path}.type`;
    const detail = 'must be object if x-kubernetes-map-type is specified';
    if (!schema.type) yield requiredValue(at, detail);
    else if (schema.type !== 'object') yield invalidValue(at, schema.type, detail);
    if (mapType !== 'atomic' && mapType !== 'granular')
      yield unsupportedValue(`${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']);
  }
  yield* listTypeRules(schema, path, place);
  yield* ruleTextProblems(schema, path);
}
