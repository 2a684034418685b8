import { type FieldProblem, invalidValue } from '@typernetes/machinery';
import { conditionsProblems } from '../meta/conditions-validation.ts';
import { notNegative, oneOf, type Problems } from '../meta/field-checks.ts';
import { labelSelectorProblems } from '../meta/labels-validation.ts';
import { podCountProblems } from '../meta/scaling-validation.ts';
import type { PodDisruptionBudget } from './v1.gen.ts';

export function validatePodDisruptionBudget({ spec }: PodDisruptionBudget): FieldProblem[] {
  return [...specProblems(spec ?? {})];
}

function* specProblems(spec: NonNullable<PodDisruptionBudget['spec']>): Problems {
  const { minAvailable, maxUnavailable } = spec;
  if (minAvailable != null && maxUnavailable != null) {
    // Upstream's message shows its internal type.
    const shown = {
      MinAvailable: minAvailable,
      Selector: spec.selector ?? null,
      MaxUnavailable: maxUnavailable,
      UnhealthyPodEvictionPolicy: spec.unhealthyPodEvictionPolicy ?? null,
    };
    yield invalidValue('spec', shown, 'minAvailable and maxUnavailable cannot be both set');
  }
  yield* podCountProblems(minAvailable, 'spec.minAvailable');
  yield* podCountProblems(maxUnavailable, 'spec.maxUnavailable');
  yield* labelSelectorProblems(spec.selector, 'spec.selector');
  yield* oneOf(spec.unhealthyPodEvictionPolicy, {
    at: 'spec.unhealthyPodEvictionPolicy',
    of: ['AlwaysAllow', 'IfHealthyBudget'],
  });
}

export function validatePodDisruptionBudgetStatus({ status }: PodDisruptionBudget): FieldProblem[] {
  const counters = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const;
  return [
    ...conditionsProblems(status?.conditions, 'status.conditions'),
    ...counters.flatMap((name) => [...notNegative(status?.[name], `status.${name}`)]),
  ];
}
