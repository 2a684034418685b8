import type { CronJob } from '@typernetes/api/batch/v1';
import { formatLabelSelector } from '@typernetes/machinery';
import type { Describer } from './describer.ts';
import { boolText, describeMetadata } from './metadata.ts';
import { describeTemplate } from './pod-template.ts';
import { longTime } from './times.ts';

export const describeCronJob: Describer<CronJob> = async ({ metadata, spec, status }, text) => {
  describeMetadata(text, metadata, { namespaced: true });
  const orUnset = (value: number | undefined): string => String(value ?? '<unset>');
  text.line(0, 'Schedule:', spec.schedule);
  text.line(0, 'Concurrency Policy:', spec.concurrencyPolicy ?? '');
  text.line(0, 'Suspend:', boolText(spec.suspend));
  text.line(0, 'Successful Job History Limit:', orUnset(spec.successfulJobsHistoryLimit));
  text.line(0, 'Failed Job History Limit:', orUnset(spec.failedJobsHistoryLimit));
  const deadline = spec.startingDeadlineSeconds;
  text.line(0, 'Starting Deadline Seconds:', deadline === undefined ? '<unset>' : `${deadline}s`);
  const job = spec.jobTemplate.spec;
  text.line(0, 'Selector:', job?.selector ? formatLabelSelector(job.selector) : '<unset>');
  text.line(0, 'Parallelism:', orUnset(job?.parallelism));
  text.line(0, 'Completions:', orUnset(job?.completions));
  if (job?.activeDeadlineSeconds !== undefined)
    text.line(0, 'Active Deadline Seconds:', `${job.activeDeadlineSeconds}s`);
  if (job) describeTemplate(text, job.template);
  text.line(0, 'Last Schedule Time:', status?.lastScheduleTime ? longTime(status.lastScheduleTime) : '<unset>');
  text.line(0, 'Active Jobs:', (status?.active ?? []).map(({ name }) => name).join(', ') || '<none>');
};
