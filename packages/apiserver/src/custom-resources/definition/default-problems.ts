import { type FieldProblem, invalidValue, isJsonObject, type JsonObject, keyPath } from '@typernetes/machinery';
import { compileRules, type RuleTree } from '../rules/compiled-rules.ts';
import { ruleProblems } from '../rules/rule-problems.ts';
import { nowhere } from '../schema/combination-problems.ts';
import { prune } from '../schema/prune.ts';
import { isEmbedded, isKept, type StructuralSchema } from '../schema/structural-schema.ts';
import { valueProblems } from '../schema/value-problems.ts';

/** Defaults must be what the schema itself accepts, with nothing that would be dropped. Those of values of maps upstream does not look at. */
export function* defaultProblems(schema: StructuralSchema, path: string, isRoot = true): Generator<FieldProblem> {
  const embedded = isRoot ? { ...schema, 'x-kubernetes-embedded-resource': true } : schema;
  if (schema.default !== undefined) yield* ownProblems(embedded, `${path}.default`);
  if (schema.items) yield* defaultProblems(schema.items, `${path}.items`, false);
  for (const [name, inner] of Object.entries(schema.properties ?? {}))
    yield* defaultProblems(inner, keyPath(`${path}.properties`, name), false);
}

function* ownProblems(schema: StructuralSchema, at: string): Generator<FieldProblem> {
  const value = structuredClone(schema.default);
  if (isJsonObject(value) && isPruned(value, schema))
    yield invalidValue(at, schema.default, 'must not have unknown fields');
  // Messages name the path within the default.
  const placed = (problem: FieldProblem): FieldProblem => ({
    ...problem,
    field: problem.field === nowhere ? at : `${at}${problem.field.replace(/^(?=[^[])/, '.')}`,
  });
  let sound = true;
  for (const problem of valueProblems(schema.default, schema, { path: '' })) {
    sound = false;
    yield placed(problem);
  }
  const rules = sound ? compileRules(schema, { resource: isEmbedded(schema) }) : undefined;
  // Rules that do not compile are reported at their own path.
  if (rules && compiles(rules))
    for (const problem of ruleProblems(schema.default, rules, undefined)) yield placed(problem);
}

const compiles = ({ rules, properties, items, values }: RuleTree): boolean =>
  rules.every(({ problem }) => problem === undefined) &&
  [...properties.values(), items, values].every((inner) => inner === undefined || compiles(inner));

/** Whether something would be dropped. Only objects of the API have what all of those have. */
function isPruned(value: Record<string, unknown>, schema: StructuralSchema): boolean {
  const { properties = {} } = schema;
  const keepsAll = isKept(schema) || schema.additionalProperties !== undefined;
  const isKnown = (name: string): boolean => isEmbedded(schema) || keepsAll || Object.hasOwn(properties, name);
  const common = ['apiVersion', 'kind', 'metadata'].filter((name) => Object.hasOwn(value, name));
  return !common.every(isKnown) || prune(value as JsonObject, schema).length > 0;
}
