import { type FieldProblem, forbiddenValue, indexPath, keyPath, requiredValue } from '@typernetes/machinery';
import { isIntOrString, type StructuralSchema } from '../schema/structural-schema.ts';

const alternatives = ['allOf', 'anyOf', 'oneOf'] as const;

/** Inside of allOf, anyOf, oneOf and not, a schema may only restrict what is specified outside. */
export function* junctorProblems(schema: StructuralSchema, path: string): Generator<FieldProblem> {
  const place = { outside: schema, outsidePath: path, typed: isIntOrString(schema) };
  for (const keyword of alternatives) {
    for (const [i, inner] of (schema[keyword] ?? []).entries()) {
      yield* innerProblems(inner, { ...place, path: indexPath(`${path}.${keyword}`, i) });
    }
  }
  if (schema.not) yield* innerProblems(schema.not, { ...place, path: `${path}.not` });
}

interface Place {
  readonly path: string;
  readonly outside: StructuralSchema | undefined;
  readonly outsidePath: string;
  /** `anyOf: [{type: integer}, {type: string}]` is how values that are either are described. */
  readonly typed: boolean;
}

const mustBeEmpty = ['description', 'default', 'nullable', 'title', 'additionalProperties'] as const;
const extensions = [
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-int-or-string',
  'x-kubernetes-list-type',
  'x-kubernetes-map-type',
] as const;

function* innerProblems(
  schema: StructuralSchema,
  { path, outside, outsidePath, typed }: Place,
): Generator<FieldProblem> {
  if (schema.type && !typed) yield forbiddenValue(`${path}.type`, 'must be empty to be structural');
  for (const keyword of mustBeEmpty) {
    if (schema[keyword] !== undefined) yield forbiddenValue(`${path}.${keyword}`, 'must be undefined to be structural');
  }
  for (const keyword of extensions) {
    if (schema[keyword] !== undefined) yield forbiddenValue(`${path}.${keyword}`, 'must be undefined to be structural');
  }
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    const at = keyPath(`${path}.properties`, name);
    const specified = outside?.properties?.[name];
    const specifiedPath = keyPath(`${outsidePath}.properties`, name);
    if (!specified) yield requiredValue(specifiedPath, `because it is defined in ${at}`);
    yield* innerProblems(inner, {
      path: at,
      outside: specified,
      outsidePath: specifiedPath,
      typed: specified !== undefined && isIntOrString(specified),
    });
  }
  if (schema.items) {
    const outsideItems = `${outsidePath}.items`;
    if (!outside?.items) yield requiredValue(outsideItems, `because it is defined in ${path}.items`);
    yield* innerProblems(schema.items, {
      path: `${path}.items`,
      outside: outside?.items,
      outsidePath: outsideItems,
      typed: false,
    });
  }
  for (const keyword of alternatives) {
    for (const [i, inner] of (schema[keyword] ?? []).entries()) {
      yield* innerProblems(inner, { path: indexPath(`${path}.${keyword}`, i), outside, outsidePath, typed });
    }
  }
  if (schema.not) yield* innerProblems(schema.not, { path: `${path}.not`, outside, outsidePath, typed });
}
