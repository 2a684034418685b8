import { type FieldPath, type FieldProblem, invalidValue } from '@typernetes/machinery';
import type { StructuralSchema } from './structural-schema.ts';

/** The field of a problem whose message names the path itself. */
export const nowhere = '<nil>';

/**
 * Checks allOf, anyOf, oneOf and not. `problemsOf` checks one of the schemas. As upstream, the messages name the path
 * and not the value.
 */
export function* combinationProblems(
  schema: StructuralSchema,
  { path, problemsOf }: { path: FieldPath; problemsOf: (one: StructuralSchema) => FieldProblem[] },
): Generator<FieldProblem> {
  const { allOf, anyOf, oneOf, not } = schema;
  const wrong = (why: string): FieldProblem => invalidValue(nowhere, '', `${JSON.stringify(path)} must ${why}`);
  if (anyOf && anyOf.length > 0) {
    const results = anyOf.map(problemsOf);
    if (results.every(({ length }) => length > 0)) {
      yield wrong('validate at least one schema (anyOf)');
      yield* closest(results);
    }
  }
  if (oneOf && oneOf.length > 0) {
    const results = oneOf.map(problemsOf);
    const valid = results.filter(({ length }) => length === 0).length;
    if (valid !== 1) {
      const found = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`;
      yield wrong(`validate one and only one schema (oneOf). ${found}`);
      if (valid === 0) yield* closest(results);
    }
  }
  if (allOf && allOf.length > 0) {
    const failed = allOf.flatMap(problemsOf);
    yield* failed;
    if (failed.length > 0) yield wrong('validate all the schemas (allOf)');
  }
  if (not && problemsOf(not).length === 0) yield wrong('not validate the schema (not)');
}

/** The problems of the alternative that nearly fits. */
function closest(results: readonly FieldProblem[][]): readonly FieldProblem[] {
  return results.reduce((best, one) => (one.length < best.length ? one : best));
}
