import { type FieldProblem, forbiddenValue, indexPath, jsonEqual, keyPath, requiredValue } from '@typernetes/machinery';
import type { StructuralSchema } from '../schema/structural-schema.ts';
import { patternProblems } from './pattern-problems.ts';

const junctors = ['anyOf', 'allOf', 'oneOf'] as const;
const intOrString = [{ type: 'integer' }, { type: 'string' }];
/** The usual form of int-or-string: the one place inside of junctors where types are allowed. */
const isIntOrStringChoice = (choice: readonly StructuralSchema[] | undefined): boolean =>
  jsonEqual(choice, intOrString);

/** Inside of allOf, anyOf, oneOf and not, a schema may only restrict what is specified outside. */
export function* junctorProblems(schema: StructuralSchema, path: string): Generator<FieldProblem> {
  const skipAnyOf = isIntOrStringChoice(schema.anyOf);
  const skipFirstOfAllOf = isIntOrStringChoice(schema.allOf?.[0]?.anyOf);
  yield* restrictionProblems(schema, path, { skipAnyOf, skipFirstOfAllOf });
}

interface Skipped {
  readonly skipAnyOf?: boolean;
  readonly skipFirstOfAllOf?: boolean;
}

function* restrictionProblems(
  schema: StructuralSchema,
  path: string,
  { skipAnyOf = false, skipFirstOfAllOf = false }: Skipped = {},
): Generator<FieldProblem> {
  for (const junctor of junctors) {
    if (junctor === 'anyOf' && skipAnyOf) continue;
    for (const [i, inner] of (schema[junctor] ?? []).entries()) {
      const skipped = { skipAnyOf: junctor === 'allOf' && i === 0 && skipFirstOfAllOf };
      yield* innerProblems(inner, indexPath(`${path}.${junctor}`, i), skipped);
    }
  }
  if (schema.not) yield* innerProblems(schema.not, `${path}.not`);
  yield* patternProblems(schema, path);
}

const lacking = { empty: 'must be empty to be structural', false: 'must be false to be structural' };
/** Keywords that define structure belong outside. */
const forbidden: readonly (readonly [keyof StructuralSchema, string])[] = [
  ['type', lacking.empty],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', lacking.empty],
  ['description', lacking.empty],
  ['nullable', lacking.false],
  ['x-kubernetes-preserve-unknown-fields', lacking.false],
  ['x-kubernetes-embedded-resource', lacking.false],
  ['x-kubernetes-int-or-string', lacking.false],
  ['x-kubernetes-list-map-keys', lacking.empty],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', lacking.empty],
];

function* innerProblems(schema: StructuralSchema, path: string, skipped: Skipped = {}): Generator<FieldProblem> {
  yield* restrictionProblems(schema, path, skipped);
  if (schema.items) yield* innerProblems(schema.items, `${path}.items`);
  for (const [name, inner] of Object.entries(schema.properties ?? {}))
    yield* innerProblems(inner, keyPath(`${path}.properties`, name));
  for (const [keyword, detail] of forbidden) {
    const value = schema[keyword];
    const isSet = detail === lacking.empty || detail === lacking.false ? isFilled(value) : value !== undefined;
    if (isSet) yield forbiddenValue(`${path}.${keyword}`, detail);
  }
  if (schema.properties && Object.hasOwn(schema.properties, 'metadata'))
    yield forbiddenValue(keyPath(`${path}.properties`, 'metadata'), 'must not be specified in a nested context');
}

const isFilled = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : Boolean(value));

/**
 * Fields restricted by junctors at the root must be specified outside of them; as upstream, deeper levels are not
 * checked.
 */
export function* completenessProblems(
  restriction: StructuralSchema,
  outside: { readonly schema: StructuralSchema; readonly path: string },
  path: string,
): Generator<FieldProblem> {
  const inside: (readonly [StructuralSchema, string])[] = restriction.not ? [[restriction.not, `${path}.not`]] : [];
  for (const junctor of ['allOf', 'anyOf', 'oneOf'] as const)
    for (const [i, inner] of (restriction[junctor] ?? []).entries())
      inside.push([inner, indexPath(`${path}.${junctor}`, i)]);
  for (const [inner, at] of inside) {
    yield* completenessProblems(inner, outside, at);
    yield* specifiedProblems(inner, outside, at);
  }
}

function* specifiedProblems(
  restriction: StructuralSchema,
  outside: { readonly schema: StructuralSchema; readonly path: string },
  path: string,
): Generator<FieldProblem> {
  const parts: (readonly [StructuralSchema, StructuralSchema | undefined, string])[] = restriction.items
    ? [[restriction.items, outside.schema.items, '.items']]
    : [];
  for (const [name, inner] of Object.entries(restriction.properties ?? {}))
    parts.push([inner, outside.schema.properties?.[name], keyPath('.properties', name)]);
  for (const [inner, specified, step] of parts) {
    const [at, specifiedAt] = [`${path}${step}`, `${outside.path}${step}`];
    if (!specified) yield requiredValue(specifiedAt, `because it is defined in ${at}`);
    else {
      const place = { schema: specified, path: specifiedAt };
      yield* completenessProblems(inner, place, at);
      yield* specifiedProblems(inner, place, at);
    }
  }
}
