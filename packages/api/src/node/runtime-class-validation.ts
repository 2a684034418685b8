import { duplicateValue, type FieldProblem, invalidValue, jsonEqual, labelNameProblems } from '@typernetes/machinery';
import { tolerationProblems } from '../core/placement-validation.ts';
import { resourceProblems } from '../core/resources-validation.ts';
import { immutableDetail, type Problems, wellFormed } from '../meta/field-checks.ts';
import { labelProblems } from '../meta/labels-validation.ts';
import type { RuntimeClass } from './v1.gen.ts';

export function validateRuntimeClass(runtimeClass: RuntimeClass): FieldProblem[] {
  return [...classProblems(runtimeClass)];
}

export function validateRuntimeClassUpdate(next: RuntimeClass, current: RuntimeClass): FieldProblem[] {
  return next.handler === current.handler ? [] : [invalidValue('handler', next.handler, immutableDetail)];
}

function* classProblems({ handler, overhead, scheduling }: RuntimeClass): Problems {
  yield* wellFormed(handler, { at: 'handler', by: labelNameProblems, required: true });
  if (overhead) yield* resourceProblems({ limits: overhead.podFixed ?? {} }, 'overhead');
  if (!scheduling) return;
  yield* labelProblems(scheduling.nodeSelector, 'scheduling.nodeSelector');
  const { tolerations = [] } = scheduling;
  yield* tolerationProblems(tolerations, 'scheduling.tolerations');
  for (const [i, toleration] of tolerations.entries()) {
    if (tolerations.findIndex((other) => jsonEqual(other, toleration)) < i) {
      yield duplicateValue(`scheduling.tolerations[${i}]`, toleration);
    }
  }
}
