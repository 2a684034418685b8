import { messageOf } from '@typernetes/base';
import { pattern } from '@typernetes/cel';
import { type FieldProblem, invalidValue } from '@typernetes/machinery';
import type { StructuralSchema } from '../schema/structural-schema.ts';

/** A pattern is an expression of Go's. */
export function* patternProblems(schema: StructuralSchema, path: string): Generator<FieldProblem> {
  if (!schema.pattern) return;
  try {
    pattern(schema.pattern);
  } catch (error) {
    const detail = `must be a valid regular expression, but isn't: ${messageOf(error)}`;
    yield invalidValue(`${path}.pattern`, schema.pattern, detail);
  }
}
