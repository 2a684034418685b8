import { type FieldProblem, forbiddenValue, invalidValue } from '@typernetes/machinery';
import { immutableDetail, oneOf, type Problems } from '../meta/field-checks.ts';
import type { PriorityClass } from './v1.gen.ts';

/** Higher priorities are reserved for the system's own pods. */
const highestUserPriority = 1_000_000_000;

const systemClasses: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

export function validatePriorityClass(priorityClass: PriorityClass): FieldProblem[] {
  return [...classProblems(priorityClass)];
}

function* classProblems({ metadata, value, preemptionPolicy }: PriorityClass): Problems {
  if (metadata.name.startsWith('system-')) {
    const known = systemClasses[metadata.name];
    if (known !== value) {
      const why =
        known === undefined
          ? `${metadata.name} is not a known system priority class`
          : `value of ${metadata.name} PriorityClass must be ${known}`;
      const detail = `priority class names with 'system-' prefix are reserved for system use only. error: ${why}`;
      yield forbiddenValue('metadata.name', detail);
    }
  } else if ((value ?? 0) > highestUserPriority) {
    const detail = `maximum allowed value of a user defined priority is ${highestUserPriority}`;
    yield forbiddenValue('value', detail);
  }
  yield* oneOf(preemptionPolicy, { at: 'preemptionPolicy', of: ['PreemptLowerPriority', 'Never'] });
}

export function validatePriorityClassUpdate(next: PriorityClass, current: PriorityClass): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (next.value !== current.value) problems.push(forbiddenValue('value', 'may not be changed in an update.'));
  if (next.preemptionPolicy !== current.preemptionPolicy) {
    problems.push(invalidValue('preemptionPolicy', next.preemptionPolicy, immutableDetail));
  }
  return problems;
}
