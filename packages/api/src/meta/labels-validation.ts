import {
  type FieldProblem,
  forbiddenValue,
  invalidValue,
  type LabelSelector,
  labelValueProblems,
  qualifiedNameProblems,
  requiredValue,
  tooLong,
} from '@typernetes/machinery';
import { noProblems, type Problems } from './field-checks.ts';

/** The maximum size of one object's annotations, keys and values together. */
const maxAnnotationBytes = 256 * 1024;

export function labelProblems(labels: Readonly<Record<string, string>> | undefined, at: string): Problems {
  if (!labels) return noProblems;
  const problems: FieldProblem[] = [];
  for (const key of Object.keys(labels)) {
    const value = labels[key] as string;
    for (const detail of qualifiedNameProblems(key)) problems.push(invalidValue(at, key, detail));
    for (const detail of labelValueProblems(value)) problems.push(invalidValue(at, value, detail));
  }
  return problems;
}

export function annotationProblems(annotations: Readonly<Record<string, string>> | undefined, at: string): Problems {
  if (!annotations) return noProblems;
  const problems: FieldProblem[] = [];
  let characters = 0;
  for (const key of Object.keys(annotations)) {
    for (const detail of qualifiedNameProblems(key.toLowerCase())) problems.push(invalidValue(at, key, detail));
    characters += key.length + (annotations[key] as string).length;
  }
  // A character takes at most three bytes, so most objects need no closer look.
  if (characters * 3 > maxAnnotationBytes && byteSize(annotations) > maxAnnotationBytes)
    problems.push(tooLong(at, maxAnnotationBytes));
  return problems;
}

function byteSize(annotations: Readonly<Record<string, string>>): number {
  const encoder = new TextEncoder();
  let size = 0;
  for (const [key, value] of Object.entries(annotations)) {
    size += encoder.encode(key).length + encoder.encode(value).length;
  }
  return size;
}

export function* labelSelectorProblems(selector: LabelSelector | undefined, at: string): Problems {
  if (!selector) return;
  yield* labelProblems(selector.matchLabels, `${at}.matchLabels`);
  for (const [i, { key, operator, values = [] }] of (selector.matchExpressions ?? []).entries()) {
    const path = `${at}.matchExpressions[${i}]`;
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0) {
        yield requiredValue(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
      }
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0) {
        yield forbiddenValue(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
      }
    } else yield invalidValue(`${path}.operator`, operator, 'not a valid selector operator');
    for (const detail of qualifiedNameProblems(key)) yield invalidValue(`${path}.key`, key, detail);
    for (const [j, value] of values.entries()) {
      for (const detail of labelValueProblems(value)) yield invalidValue(`${path}.values[${j}]`, value, detail);
    }
  }
}

/** Whether a selector has no requirements and so selects everything. */
export function isEmptySelector(selector: LabelSelector | undefined): boolean {
  return Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions?.length ?? 0) === 0;
}
