import type { Job } from '@typernetes/api/batch/v1';
import { formatLabelSelector, humanDuration, isConditionTrue, parseTime } from '@typernetes/machinery';
import { age, containerImages, containerNames } from '../cells.ts';
import { ageColumn, nameColumn, text, wide } from '../columns.ts';
import type { Printer } from '../printer.ts';

export const jobPrinter: Printer<Job> = {
  columns: [
    nameColumn,
    text('Status'),
    text('Completions'),
    text('Duration'),
    ageColumn,
    wide('Containers'),
    wide('Images'),
    wide('Selector'),
  ],
  cells: (job, now) => [
    job.metadata.name,
    statusWord(job),
    completions(job),
    duration(job, now),
    age(job.metadata.creationTimestamp, now),
    containerNames(job.spec.template.spec?.containers),
    containerImages(job.spec.template.spec?.containers),
    formatLabelSelector(job.spec.selector),
  ],
};

function statusWord({ metadata, status }: Job): string {
  const has = (type: string): boolean => isConditionTrue(status?.conditions, type);
  if (has('Complete')) return 'Complete';
  if (has('Failed')) return 'Failed';
  if (metadata.deletionTimestamp) return 'Terminating';
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(has) ?? 'Running';
}

function completions({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec.completions != null) return `${succeeded}/${spec.completions}`;
  const parallelism = spec.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function duration({ status }: Job, now: number): string {
  if (!status?.startTime) return '';
  const end = status.completionTime ? parseTime(status.completionTime) : now;
  return humanDuration(end - parseTime(status.startTime));
}
