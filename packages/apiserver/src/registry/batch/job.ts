import type { Job } from '@typernetes/api/batch/v1';
import { validateJob, validateJobStatusUpdate, validateJobUpdate } from '@typernetes/api/validation';
import { jobSpecWarnings, podNamesWarnings } from '@typernetes/api/warnings';
import { keepSpec, keepStatus } from '../status.ts';
import type { Strategy } from '../strategy.ts';

export const jobStrategy: Strategy<Job> = {
  prepareForCreate(next) {
    next.status = {};
    const { metadata, spec } = next;
    const isDefaulted = metadata.labels === undefined || metadata.labels === spec.template.metadata?.labels;
    if (!spec.manualSelector) generateSelector(next);
    // A job without labels has those of its pods; the generated ones did not exist yet when defaults were filled in.
    if (isDefaulted) metadata.labels = { ...spec.template.metadata?.labels };
  },
  prepareForUpdate: keepStatus,
  validate: validateJob,
  validateUpdate: validateJobUpdate,
  warningsOnCreate: function* ({ metadata, spec }) {
    yield* podNamesWarnings(metadata.name);
    yield* jobSpecWarnings(spec, 'spec');
  },
  warningsOnUpdate: ({ metadata, spec }, current) =>
    metadata.generation === current.metadata.generation ? [] : jobSpecWarnings(spec, 'spec'),
  resetFields: ['status'],
  defaultPropagation: 'Orphan',
};

export const jobStatusStrategy: Strategy<Job> = {
  ...jobStrategy,
  prepareForUpdate: keepSpec,
  validateUpdate: validateJobStatusUpdate,
  resetFields: ['spec'],
};

const uidLabel = 'batch.kubernetes.io/controller-uid';

/** Pods of one job never match another job of the same name: the job's uid is in labels and selector. */
function generateSelector({ metadata: { name, uid }, spec }: Job): void {
  const { template } = spec;
  template.metadata = {
    ...template.metadata,
    labels: {
      'job-name': name,
      'batch.kubernetes.io/job-name': name,
      'controller-uid': uid,
      [uidLabel]: uid,
      ...template.metadata?.labels,
    },
  };
  spec.selector = { ...spec.selector, matchLabels: { [uidLabel]: uid, ...spec.selector?.matchLabels } };
}
