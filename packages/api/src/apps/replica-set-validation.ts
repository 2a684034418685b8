import { type FieldProblem, invalidValue, jsonEqual } from '@typernetes/machinery';
import { immutableDetail, notNegative, type Problems } from '../meta/field-checks.ts';
import { selectedTemplateProblems } from './selected-template-validation.ts';
import type { ReplicaSet, ReplicaSetSpec, ReplicaSetStatus } from './v1.gen.ts';

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

/** Shared by replica sets and replication controllers. */
export function* replicaStatusProblems(status: Partial<ReplicaSetStatus> | undefined): Problems {
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0, fullyLabeledReplicas = 0 } = status ?? {};
  for (const [name, count] of Object.entries({ fullyLabeledReplicas, readyReplicas, availableReplicas })) {
    yield* notNegative(count, `status.${name}`);
    if (count > replicas) yield invalidValue(`status.${name}`, count, 'cannot be greater than status.replicas');
  }
  if (availableReplicas > readyReplicas) {
    yield invalidValue('status.availableReplicas', availableReplicas, 'cannot be greater than readyReplicas');
  }
}
