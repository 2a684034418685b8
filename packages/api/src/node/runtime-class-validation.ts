import { duplicateValue, type FieldProblem, invalidValue, labelNameProblems } from '@typernetes/machinery';
import { tolerationProblems } from '../core/placement-validation.ts';
import { resourceProblems } from '../core/resources-validation.ts';
import type { Toleration } from '../core/v1.gen.ts';
import { immutableDetail, type Problems, wellFormed } from '../meta/field-checks.ts';
import { labelProblems } from '../meta/labels-validation.ts';
import type { RuntimeClass } from './v1.gen.ts';

export function validateRuntimeClass(runtimeClass: RuntimeClass): FieldProblem[] {
  return [...classProblems(runtimeClass)];
}

export function validateRuntimeClassUpdate(next: RuntimeClass, current: RuntimeClass): FieldProblem[] {
  const problems = [...classProblems(next)];
  return next.handler === current.handler
    ? problems
    : [...problems, invalidValue('handler', next.handler, immutableDetail)];
}

/** For how long they tolerate does not tell tolerations apart. */
const isSame = (a: Toleration, b: Toleration): boolean =>
  (['key', 'operator', 'value', 'effect'] as const).every((field) => (a[field] ?? '') === (b[field] ?? ''));

function* classProblems({ handler, overhead, scheduling }: RuntimeClass): Problems {
  yield* wellFormed(handler, { at: 'handler', by: labelNameProblems, required: true });
  if (overhead) yield* resourceProblems({ limits: overhead.podFixed ?? {} }, 'overhead');
  if (!scheduling) return;
  yield* labelProblems(scheduling.nodeSelector, 'scheduling.nodeSelector');
  const { tolerations = [] } = scheduling;
  yield* tolerationProblems(tolerations, 'scheduling.tolerations');
  for (const [i, toleration] of tolerations.entries()) {
    if (tolerations.findIndex((other) => isSame(other, toleration)) < i) {
      yield duplicateValue(`scheduling.tolerations[${i}]`, toleration);
    }
  }
}
