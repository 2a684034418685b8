import { cronjobs, type Job, jobs } from '@typernetes/api/batch/v1';
import type { SelectableFields } from '../selectable-fields.ts';
import { part, serve } from '../serve.ts';
import type { ServedResource } from '../served-resource.ts';
import { cronJobStatusStrategy, cronJobStrategy } from './cron-job.ts';
import { cronJobPrinter } from './cron-job-printer.ts';
import { jobStatusStrategy, jobStrategy } from './job.ts';
import { jobPrinter } from './job-printer.ts';

const jobFields: SelectableFields<Job> = {
  names: ['status.successful'],
  read: ({ status }) => ({ 'status.successful': String(status?.succeeded ?? 0) }),
};

export const batchResources: readonly ServedResource[] = [
  serve(cronjobs, {
    strategy: cronJobStrategy,
    subresources: { status: part(cronJobStatusStrategy) },
    printer: cronJobPrinter,
  }),
  serve(jobs, {
    strategy: jobStrategy,
    subresources: { status: part(jobStatusStrategy) },
    printer: jobPrinter,
    fields: jobFields,
  }),
];
