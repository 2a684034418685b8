import { forbiddenValue, invalidValue, unsupportedValue } from '@typernetes/machinery';
import { notNegative, type Problems } from '../meta/field-checks.ts';
import type { PodTemplateSpec, ReplicationControllerStatus } from './v1.gen.ts';

/** Pods of long-running workloads must always restart and must not have a deadline. */
export function* foreverProblems(template: PodTemplateSpec | undefined, kind: string): Problems {
  const { restartPolicy, activeDeadlineSeconds } = template?.spec ?? {};
  if (restartPolicy && restartPolicy !== 'Always') {
    yield unsupportedValue('spec.template.spec.restartPolicy', restartPolicy, ['Always']);
  }
  if (activeDeadlineSeconds != null) {
    const path = 'spec.template.spec.activeDeadlineSeconds';
    yield forbiddenValue(path, `activeDeadlineSeconds in ${kind} is not Supported`);
  }
}

/** Shared by replica sets and replication controllers. */
export function* replicaStatusProblems(status: Partial<ReplicationControllerStatus> | undefined): Problems {
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0, fullyLabeledReplicas = 0 } = status ?? {};
  for (const [name, count] of Object.entries({ fullyLabeledReplicas, readyReplicas, availableReplicas })) {
    yield* notNegative(count, `status.${name}`);
    if (count > replicas) yield invalidValue(`status.${name}`, count, 'cannot be greater than status.replicas');
  }
  if (availableReplicas > readyReplicas) {
    yield invalidValue('status.availableReplicas', availableReplicas, 'cannot be greater than readyReplicas');
  }
}
