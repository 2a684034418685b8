import { type FieldProblem, forbiddenValue, invalidValue } from '@typernetes/machinery';
import { notNegative, type Problems } from '../meta/field-checks.ts';
import type { Lease } from './v1.gen.ts';

export function validateLease({ spec }: Lease): FieldProblem[] {
  return [...specProblems(spec ?? {})];
}

function* specProblems(spec: NonNullable<Lease['spec']>): Problems {
  const { leaseDurationSeconds, leaseTransitions, preferredHolder, strategy } = spec;
  if (leaseDurationSeconds != null && leaseDurationSeconds <= 0) {
    yield invalidValue('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0');
  }
  yield* notNegative(leaseTransitions, 'spec.leaseTransitions');
  if (preferredHolder && !strategy) {
    yield forbiddenValue('spec.preferredHolder', 'may only be specified if `strategy` is defined');
  }
}
