import { defaultPodTemplateSpec } from '../core/pod-defaults.ts';
import type { Job, JobSpec } from './v1.gen.ts';

/** The default limit of the whole job when there is a limit per index: unreachably high. */
const maxInt32 = 2147483647;

export function defaultJob(job: Job): void {
  job.spec ??= {} as JobSpec;
  const spec = job.spec;
  if (spec.completions == null && spec.parallelism == null) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex == null ? 6 : maxInt32;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.manualSelector ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed';
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const condition of rule.onPodConditions ?? []) condition.status ||= 'True';
  }
  // The same object, not a copy: generating labels relies on this to see where they come from.
  const labels = spec.template?.metadata?.labels;
  if (labels && Object.keys(job.metadata.labels ?? {}).length === 0) job.metadata.labels = labels;
  spec.template ??= {};
  defaultPodTemplateSpec(spec.template);
}
