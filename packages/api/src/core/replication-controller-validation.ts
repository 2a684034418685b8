import { type FieldProblem, invalidValue, requiredValue, selectorFromLabels } from '@typernetes/machinery';
import { notNegative, type Problems } from '../meta/field-checks.ts';
import { foreverProblems, replicaStatusProblems } from './long-running-validation.ts';
import { podTemplateProblems } from './pod-validation.ts';
import type { ReplicationController } from './v1.gen.ts';

export function validateReplicationController({ spec }: ReplicationController): FieldProblem[] {
  return [...specProblems(spec)];
}

function* specProblems({ minReadySeconds, selector, replicas, template }: ReplicationController['spec']): Problems {
  yield* notNegative(minReadySeconds, 'spec.minReadySeconds');
  const empty = Object.keys(selector ?? {}).length === 0;
  if (empty) yield requiredValue('spec.selector');
  yield* notNegative(replicas, 'spec.replicas');
  if (!template) {
    yield requiredValue('spec.template');
    return;
  }
  const labels = template.metadata?.labels ?? {};
  if (!empty && !selectorFromLabels(selector).matches(labels)) {
    yield invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`');
  }
  yield* podTemplateProblems(template, 'spec.template');
  yield* foreverProblems(template, 'ReplicationController');
}

export function validateReplicationControllerStatus({ status }: ReplicationController): FieldProblem[] {
  return [...replicaStatusProblems(status)];
}
