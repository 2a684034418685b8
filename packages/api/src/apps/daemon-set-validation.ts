import { type FieldProblem, invalidValue, jsonEqual, requiredValue } from '@typernetes/machinery';
import { immutableDetail, notNegative, oneOf, type Problems } from '../meta/field-checks.ts';
import { isZero, podCountProblems } from '../meta/scaling-validation.ts';
import { collisionProblems } from './collision-validation.ts';
import { selectedTemplateProblems } from './selected-template-validation.ts';
import type { DaemonSet, DaemonSetSpec } from './v1.gen.ts';

const selection = { emptyDetail: 'empty selector is invalid for daemonset', kind: 'DaemonSet' };

export function validateDaemonSet({ spec }: DaemonSet): FieldProblem[] {
  return [...specProblems(spec)];
}

function* specProblems(spec: DaemonSetSpec): Problems {
  yield* selectedTemplateProblems(spec, selection);
  yield* notNegative(spec.minReadySeconds, 'spec.minReadySeconds');
  yield* strategyProblems(spec);
  yield* notNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit');
}

function* strategyProblems({ updateStrategy }: DaemonSetSpec): Problems {
  yield* oneOf(updateStrategy?.type, { at: 'spec.updateStrategy', of: ['RollingUpdate', 'OnDelete'] });
  if (updateStrategy?.type !== 'RollingUpdate') return;
  const path = 'spec.updateStrategy.rollingUpdate';
  if (!updateStrategy.rollingUpdate) {
    yield requiredValue(path);
    return;
  }
  const { maxUnavailable, maxSurge } = updateStrategy.rollingUpdate;
  yield* podCountProblems(maxUnavailable, `${path}.maxUnavailable`);
  yield* podCountProblems(maxSurge, `${path}.maxSurge`);
  if (!isZero(maxUnavailable) && !isZero(maxSurge)) {
    yield invalidValue(`${path}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero');
  } else if (isZero(maxUnavailable) && isZero(maxSurge)) {
    yield requiredValue(`${path}.maxUnavailable`, 'cannot be 0 when maxSurge is 0');
  }
}

export function validateDaemonSetUpdate(next: DaemonSet, current: DaemonSet): FieldProblem[] {
  const problems = [...specProblems(next.spec)];
  if (!jsonEqual(next.spec.selector, current.spec.selector)) {
    problems.push(invalidValue('spec.selector', next.spec.selector, immutableDetail));
  }
  return problems;
}

const counters = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
] as const;

export function validateDaemonSetStatusUpdate(next: DaemonSet, current: DaemonSet): FieldProblem[] {
  return [
    ...counters.flatMap((name) => [...notNegative(next.status?.[name], `status.${name}`)]),
    ...collisionProblems(next.status, current.status),
  ];
}
