import { type FieldProblem, invalidValue, jsonEqual } from '@typernetes/machinery';
import { replicaStatusProblems } from '../core/long-running-validation.ts';
import { immutableDetail, notNegative, type Problems } from '../meta/field-checks.ts';
import { selectedTemplateProblems } from './selected-template-validation.ts';
import type { ReplicaSet, ReplicaSetSpec } from './v1.gen.ts';

/** Upstream's message says "deployment" here too. */
const selection = {
  emptyDetail: 'empty selector is invalid for deployment',
  kind: 'ReplicaSet',
  wrongDetail: 'invalid label selector',
};

export function validateReplicaSet({ spec }: ReplicaSet): FieldProblem[] {
  return [...specProblems(spec)];
}

function* specProblems(spec: ReplicaSetSpec): Problems {
  yield* notNegative(spec.replicas, 'spec.replicas');
  yield* notNegative(spec.minReadySeconds, 'spec.minReadySeconds');
  yield* selectedTemplateProblems(spec, selection);
}

export function validateReplicaSetUpdate(next: ReplicaSet, current: ReplicaSet): FieldProblem[] {
  const problems = [...specProblems(next.spec)];
  if (!jsonEqual(next.spec.selector, current.spec.selector)) {
    problems.push(invalidValue('spec.selector', next.spec.selector, immutableDetail));
  }
  return problems;
}

export function validateReplicaSetStatus({ status }: ReplicaSet): FieldProblem[] {
  return [...replicaStatusProblems(status)];
}
