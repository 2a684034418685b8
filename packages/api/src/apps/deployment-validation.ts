import { type FieldProblem, forbiddenValue, invalidValue, jsonEqual } from '@typernetes/machinery';
import { immutableDetail, notNegative, oneOf, type Problems } from '../meta/field-checks.ts';
import { isZero, podCountProblems, surgeProblems } from '../meta/scaling-validation.ts';
import { collisionProblems } from './collision-validation.ts';
import { selectedTemplateProblems } from './selected-template-validation.ts';
import type { Deployment, DeploymentSpec, DeploymentStatus } from './v1.gen.ts';

const selection = {
  emptyDetail: 'empty selector is invalid for deployment',
  kind: 'ReplicaSet',
  wrongDetail: 'invalid label selector',
};

export function validateDeployment({ spec }: Deployment): FieldProblem[] {
  return [...specProblems(spec)];
}

function* specProblems(spec: DeploymentSpec): Problems {
  yield* notNegative(spec.replicas, 'spec.replicas');
  yield* selectedTemplateProblems(spec, selection);
  yield* strategyProblems(spec);
  yield* notNegative(spec.minReadySeconds, 'spec.minReadySeconds');
  yield* notNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit');
  const { progressDeadlineSeconds: deadline, minReadySeconds = 0 } = spec;
  yield* notNegative(deadline, 'spec.progressDeadlineSeconds');
  if (deadline != null && deadline <= minReadySeconds) {
    yield invalidValue('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds');
  }
}

function* strategyProblems({ strategy }: DeploymentSpec): Problems {
  if (!strategy) return;
  const path = 'spec.strategy.rollingUpdate';
  yield* oneOf(strategy.type, { at: 'spec.strategy', of: ['Recreate', 'RollingUpdate'], required: true });
  if (strategy.type === 'Recreate' && strategy.rollingUpdate) {
    yield forbiddenValue(path, "may not be specified when strategy `type` is 'Recreate'");
  }
  if (strategy.type !== 'RollingUpdate' || !strategy.rollingUpdate) return;
  const { maxUnavailable, maxSurge } = strategy.rollingUpdate;
  yield* podCountProblems(maxUnavailable, `${path}.maxUnavailable`);
  yield* surgeProblems(maxSurge, `${path}.maxSurge`);
  if (isZero(maxUnavailable) && isZero(maxSurge)) {
    yield invalidValue(`${path}.maxUnavailable`, maxUnavailable ?? 0, 'may not be 0 when `maxSurge` is 0');
  }
}

export function validateDeploymentUpdate(next: Deployment, current: Deployment): FieldProblem[] {
  const problems = [...specProblems(next.spec)];
  if (!jsonEqual(next.spec.selector, current.spec.selector)) {
    problems.push(invalidValue('spec.selector', next.spec.selector, immutableDetail));
  }
  return problems;
}

export function validateDeploymentStatusUpdate(next: Deployment, current: Deployment): FieldProblem[] {
  return [...statusProblems(next.status ?? {}, current.status ?? {})];
}

const counters = ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'unavailableReplicas'] as const;

function* statusProblems(next: DeploymentStatus, current: DeploymentStatus): Problems {
  for (const name of counters) yield* notNegative(next[name], `status.${name}`);
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0 } = next;
  for (const name of ['updatedReplicas', 'readyReplicas', 'availableReplicas'] as const) {
    const count = next[name] ?? 0;
    if (count > replicas) yield invalidValue(`status.${name}`, count, 'cannot be greater than status.replicas');
  }
  if (availableReplicas > readyReplicas) {
    yield invalidValue('status.availableReplicas', availableReplicas, 'cannot be greater than readyReplicas');
  }
  yield* collisionProblems(next, current);
}
