import assert from 'node:assert/strict';
import type { FieldProblem } from '@typernetes/machinery';

/** Asserts that the problems are the expected ones: `field: end of the message`, in order. */
export function assertProblems(problems: Iterable<FieldProblem>, expected: readonly string[]): void {
  const shown = [...problems].map(({ field, body }, i) => {
    const wanted = expected[i] ?? '';
    return wanted.startsWith(`${field}: `) && body.endsWith(wanted.slice(field.length + 2))
      ? wanted
      : `${field}: ${body}`;
  });
  assert.deepEqual(shown, expected);
}
