import { defaultPodTemplateSpec } from '../core/pod-defaults.ts';
import type { CronJob, CronJobSpec, JobSpec } from './v1.gen.ts';

/** The job template is not defaulted: its jobs get their defaults when they are created. */
export function defaultCronJob(cronJob: CronJob): void {
  cronJob.spec ??= {} as CronJobSpec;
  const spec = cronJob.spec;
  spec.concurrencyPolicy ||= 'Allow';
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= 3;
  spec.failedJobsHistoryLimit ??= 1;
  spec.jobTemplate ??= {};
  const jobTemplate = spec.jobTemplate;
  jobTemplate.spec ??= {} as JobSpec;
  jobTemplate.spec.template ??= {};
  defaultPodTemplateSpec(jobTemplate.spec.template);
}
