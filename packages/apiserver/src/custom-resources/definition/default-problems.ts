import {
  type FieldProblem,
  invalidValue,
  isJsonObject,
  type JsonObject,
  keyPath,
  problemText,
} from '@typernetes/machinery';
import { compileRules, type RuleTree } from '../rules/compiled-rules.ts';
import { ruleProblems } from '../rules/rule-problems.ts';
import { nowhere } from '../schema/combination-problems.ts';
import { coerceEmbedded, EmbeddedMisfit, embeddedProblemsWithin } from '../schema/embedded-objects.ts';
import { prune } from '../schema/prune.ts';
import { isEmbedded, isKept, type StructuralSchema } from '../schema/structural-schema.ts';
import { valueProblems } from '../schema/value-problems.ts';

/** Where a schema stands below the last one that describes an object of the API. */
interface Surroundings {
  readonly root: StructuralSchema;
  /** Names of properties; `undefined` for an item of a list. */
  readonly steps: readonly (string | undefined)[];
  /** Whether that leads into what all objects have: apiVersion, kind, metadata. */
  readonly insideMeta: boolean;
}

const metaFields = new Set(['apiVersion', 'kind', 'metadata']);

/** Defaults must be what the schema itself accepts, with nothing that would be dropped. Those of values of maps upstream does not look at. */
export function defaultProblems(schema: StructuralSchema, path: string): Generator<FieldProblem> {
  const root = { ...schema, 'x-kubernetes-embedded-resource': true };
  return problemsBelow(root, path, { root, steps: [], insideMeta: false });
}

function* problemsBelow(schema: StructuralSchema, path: string, around: Surroundings): Generator<FieldProblem> {
  const at = isEmbedded(schema) ? { root: schema, steps: [], insideMeta: false } : around;
  if (schema.default !== undefined)
    yield* at.insideMeta ? metadataProblems(schema, `${path}.default`, at) : ownProblems(schema, `${path}.default`);
  if (schema.items) yield* problemsBelow(schema.items, `${path}.items`, { ...at, steps: [...at.steps, undefined] });
  for (const [name, inner] of Object.entries(schema.properties ?? {}))
    yield* problemsBelow(inner, keyPath(`${path}.properties`, name), {
      root: at.root,
      steps: [...at.steps, name],
      insideMeta: at.insideMeta || (isEmbedded(schema) && metaFields.has(name)),
    });
}

/** What is filled into the metadata of an object has to leave it with metadata as all objects have them. */
function* metadataProblems(
  schema: StructuralSchema,
  at: string,
  { root, steps }: Surroundings,
): Generator<FieldProblem> {
  const wrong = (why: string): FieldProblem =>
    invalidValue(at, schema.default, `must result in valid metadata: ${why}`);
  const around = steps.reduceRight<unknown>(
    (value, step) => (step === undefined ? [value] : { [step]: value }),
    structuredClone(schema.default),
  );
  const object: JsonObject = { kind: 'Validation', apiVersion: 'validation/v1', ...(around as JsonObject) };
  try {
    coerceEmbedded(object, root);
  } catch (error) {
    if (!(error instanceof EmbeddedMisfit)) throw error;
    yield wrong(error.message);
    return;
  }
  const problems = [...embeddedProblemsWithin(object, root, '')].map(problemText);
  if (problems.length > 0) yield wrong(problems.length === 1 ? String(problems[0]) : `[${problems.join(', ')}]`);
  else yield* valueAndRuleProblems(schema.default, schema, at);
}

function* ownProblems(schema: StructuralSchema, at: string): Generator<FieldProblem> {
  const pruned = structuredClone(schema.default);
  if (isJsonObject(pruned) && isPruned(pruned, schema))
    yield invalidValue(at, schema.default, 'must not have unknown fields');
  const value = structuredClone(schema.default);
  try {
    coerceEmbedded(value, schema, { path: at });
  } catch (error) {
    if (!(error instanceof EmbeddedMisfit)) throw error;
    yield error.problem;
    return;
  }
  const problems = [...embeddedProblemsWithin(value, schema, at)];
  if (problems.length > 0) yield* problems;
  else yield* valueAndRuleProblems(value, schema, at);
}

function* valueAndRuleProblems(value: unknown, schema: StructuralSchema, at: string): Generator<FieldProblem> {
  // What messages name is the place within the default.
  const placed = (problem: FieldProblem): FieldProblem => ({
    ...problem,
    field: problem.field === nowhere ? at : `${at}${problem.field.replace(/^(?=[^[])/, '.')}`,
  });
  let sound = true;
  for (const problem of valueProblems(value, schema, { path: '' })) {
    sound = false;
    yield placed(problem);
  }
  const rules = sound ? compileRules(schema, { resource: isEmbedded(schema) }) : undefined;
  // Rules that cannot be compiled are told of where they are.
  if (rules && compiles(rules)) for (const problem of ruleProblems(value, rules, undefined)) yield placed(problem);
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
