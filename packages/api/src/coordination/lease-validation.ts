import { type FieldProblem, forbiddenValue, invalidValue, qualifiedNameProblems } from '@typernetes/machinery';
import { notNegative, oneOf, type Problems } from '../meta/field-checks.ts';
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
  if (strategy?.includes('/')) {
    for (const detail of qualifiedNameProblems(strategy)) yield invalidValue('spec.strategy', strategy, detail);
  } else yield* oneOf(strategy, { at: 'spec.strategy', of: ['OldestEmulationVersion'] });
  if (preferredHolder && !strategy) {
    yield forbiddenValue('spec.preferredHolder', 'may only be specified if `strategy` is defined');
  }
}
