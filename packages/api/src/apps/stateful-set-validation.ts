import {
  type FieldProblem,
  forbiddenValue,
  invalidValue,
  jsonEqual,
  labelNameProblems,
  requiredValue,
} from '@typernetes/machinery';
import { claimProblems } from '../core/persistent-volume-validation.ts';
import type { PodTemplateSpec } from '../core/v1.gen.ts';
import { notNegative, oneOf, type Problems, wellFormed } from '../meta/field-checks.ts';
import { isZero, podCountProblems } from '../meta/scaling-validation.ts';
import { collisionProblems } from './collision-validation.ts';
import { selectedTemplateProblems } from './selected-template-validation.ts';
import type { ControllerRevision, RollingUpdateStatefulSetStrategy, StatefulSet, StatefulSetSpec } from './v1.gen.ts';

const selection = { emptyDetail: 'empty selector is invalid for statefulset', kind: 'StatefulSet', wrongDetail: '' };

export function validateStatefulSet({ spec }: StatefulSet): FieldProblem[] {
  return [
    ...specProblems(spec),
    ...wellFormed(spec.serviceName, { at: 'spec.serviceName', by: labelNameProblems }),
    ...(spec.volumeClaimTemplates ?? []).flatMap((claim, i) => [
      ...claimProblems(claim.spec ?? {}, `spec.volumeClaimTemplates[${i}].spec`),
    ]),
  ];
}

function* specProblems(spec: StatefulSetSpec): Problems {
  yield* managementProblems(spec);
  yield* strategyProblems(spec);
  const retention = spec.persistentVolumeClaimRetentionPolicy;
  for (const field of ['whenDeleted', 'whenScaled'] as const) {
    const at = `spec.persistentVolumeClaimRetentionPolicy.${field}`;
    yield* oneOf(retention?.[field], { at, of: ['Retain', 'Delete'] });
  }
  yield* notNegative(spec.replicas, 'spec.replicas');
  yield* notNegative(spec.minReadySeconds, 'spec.minReadySeconds');
  yield* notNegative(spec.ordinals?.start, 'spec.ordinals.start');
  yield* selectedTemplateProblems({ ...spec, template: withClaims(spec) }, selection);
}

/** The template with the volumes that its pods get: one per claim template, replacing a volume of the same name. */
function withClaims({ template, volumeClaimTemplates = [] }: StatefulSetSpec): PodTemplateSpec {
  const claims = volumeClaimTemplates.flatMap(({ metadata }) => metadata?.name ?? []);
  if (!template?.spec || claims.length === 0) return template;
  const volumes = [
    ...(template.spec.volumes ?? []).filter(({ name }) => !claims.includes(name)),
    ...claims.map((name) => ({ name, persistentVolumeClaim: { claimName: name } })),
  ];
  return { ...template, spec: { ...template.spec, volumes } };
}

function* managementProblems({ podManagementPolicy: policy }: StatefulSetSpec): Problems {
  if (!policy) yield requiredValue('spec.podManagementPolicy');
  else if (policy !== 'OrderedReady' && policy !== 'Parallel') {
    yield invalidValue('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'");
  }
}

function* strategyProblems({ updateStrategy }: StatefulSetSpec): Problems {
  const path = 'spec.updateStrategy';
  const { type, rollingUpdate } = updateStrategy ?? {};
  if (!type) yield requiredValue(path);
  else if (type === 'OnDelete') {
    if (rollingUpdate) {
      yield invalidValue(
        `${path}.rollingUpdate`,
        shownRollingUpdate(rollingUpdate),
        "only allowed for updateStrategy 'RollingUpdate'",
      );
    }
  } else if (type === 'RollingUpdate') {
    yield* notNegative(rollingUpdate?.partition, `${path}.rollingUpdate.partition`);
    const maxUnavailable = rollingUpdate?.maxUnavailable;
    yield* podCountProblems(maxUnavailable, `${path}.rollingUpdate.maxUnavailable`);
    if (maxUnavailable !== undefined && isZero(maxUnavailable)) {
      yield invalidValue(`${path}.rollingUpdate.maxUnavailable`, maxUnavailable, 'cannot be 0');
    }
  } else {
    const shown = { Type: type, RollingUpdate: rollingUpdate ? shownRollingUpdate(rollingUpdate) : null };
    yield invalidValue(path, shown, "must be 'RollingUpdate' or 'OnDelete'");
  }
}

/** Upstream's message shows its internal type. */
const shownRollingUpdate = ({ partition = 0, maxUnavailable }: RollingUpdateStatefulSetStrategy) => ({
  Partition: partition,
  MaxUnavailable: maxUnavailable ?? null,
});

const updateDetail =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

export function validateStatefulSetUpdate(next: StatefulSet, current: StatefulSet): FieldProblem[] {
  const problems = [...specProblems(next.spec)];
  if (!jsonEqual(pinned(next.spec), pinned(current.spec))) problems.push(forbiddenValue('spec', updateDetail));
  return problems;
}

/** The fields that an update must not change. */
function pinned(spec: StatefulSetSpec): object {
  const { selector, serviceName, podManagementPolicy, volumeClaimTemplates } = spec;
  // Claim templates stored by older servers have no type meta.
  const claims = volumeClaimTemplates?.map(({ kind: _kind, apiVersion: _apiVersion, ...claim }) => claim);
  return { selector, serviceName, podManagementPolicy, claims };
}

export function validateControllerRevision(revision: ControllerRevision): FieldProblem[] {
  const problems = [...notNegative(revision.revision, 'revision')];
  if (!revision.data) problems.push(requiredValue('data', 'data is mandatory'));
  return problems;
}

export function validateControllerRevisionUpdate(
  next: ControllerRevision,
  current: ControllerRevision,
): FieldProblem[] {
  const problems = validateControllerRevision(next);
  if (!jsonEqual(next.data, current.data)) problems.push(invalidValue('data', next.data, 'field is immutable'));
  return problems;
}

export function validateStatefulSetStatusUpdate(next: StatefulSet, current: StatefulSet): FieldProblem[] {
  return [...statusProblems(next.status), ...collisionProblems(next.status, current.status)];
}

function* statusProblems(status: StatefulSet['status']): Problems {
  const {
    replicas = 0,
    readyReplicas = 0,
    availableReplicas = 0,
    currentReplicas = 0,
    updatedReplicas = 0,
  } = {
    ...status,
  };
  yield* notNegative(replicas, 'status.replicas');
  for (const [name, count] of Object.entries({ readyReplicas, currentReplicas, updatedReplicas, availableReplicas })) {
    yield* notNegative(count, `status.${name}`);
    if (count > replicas) yield invalidValue(`status.${name}`, count, 'cannot be greater than status.replicas');
  }
  yield* notNegative(status?.observedGeneration, 'status.observedGeneration');
  if (availableReplicas > readyReplicas) {
    yield invalidValue('status.availableReplicas', availableReplicas, 'cannot be greater than status.readyReplicas');
  }
}
