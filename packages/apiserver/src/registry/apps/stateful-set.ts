import type { StatefulSet, StatefulSetSpec } from '@typernetes/api/apps/v1';
import {
  validateStatefulSet,
  validateStatefulSetStatusUpdate,
  validateStatefulSetUpdate,
} from '@typernetes/api/validation';
import { claimSpecWarnings, podTemplateWarnings } from '@typernetes/api/warnings';
import { labelNameProblems, prefixOf } from '@typernetes/machinery';
import { keepSpec, keepStatus } from '../status.ts';
import type { Strategy } from '../strategy.ts';

function* otherWarnings(
  { volumeClaimTemplates = [], revisionHistoryLimit = 0 }: StatefulSetSpec,
  within: string,
): Iterable<string> {
  for (const [i, { spec }] of volumeClaimTemplates.entries())
    if (spec) yield* claimSpecWarnings(spec, `spec.volumeClaimTemplates[${i}]${within}`);
  if (revisionHistoryLimit < 0)
    yield 'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended';
}

export const statefulSetStrategy: Strategy<StatefulSet> = {
  prepareForCreate(next) {
    next.status = { replicas: 0, availableReplicas: 0 };
  },
  prepareForUpdate: keepStatus,
  validate: validateStatefulSet,
  validateUpdate: validateStatefulSetUpdate,
  warningsOnCreate: function* ({ spec }) {
    yield* podTemplateWarnings(spec.template, 'spec.template');
    yield* otherWarnings(spec, '');
  },
  warningsOnUpdate: function* ({ metadata, spec }, current) {
    if (metadata.generation !== current.metadata.generation) yield* podTemplateWarnings(spec.template, 'spec.template');
    // The path of updates is upstream's, which has a capital letter in it.
    yield* otherWarnings(spec, '.Spec');
  },
  // The name becomes part of its pods' host names.
  validateName: (name, isPrefix) => (isPrefix ? prefixOf(labelNameProblems)(name) : labelNameProblems(name)),
  resetFields: ['status'],
};

export const statefulSetStatusStrategy: Strategy<StatefulSet> = {
  ...statefulSetStrategy,
  prepareForUpdate: keepSpec,
  validateUpdate: validateStatefulSetStatusUpdate,
  warningsOnUpdate: () => [],
  resetFields: ['spec'],
};
