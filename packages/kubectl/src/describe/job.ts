import type { Job } from '@typernetes/api/batch/v1';
import { controllerOf, humanDuration, selectorFromObject } from '@typernetes/machinery';
import type { Describer } from './describer.ts';
import { describeTemplate } from './pod-template.ts';
import { longTime } from './times.ts';

export const describeJob: Describer<Job> = async (job, text) => {
  const { metadata, spec, status = {} } = job;
  text.line(0, 'Name:', metadata.name);
  text.line(0, 'Namespace:', metadata.namespace ?? '');
  text.line(0, 'Selector:', selectorFromObject(spec.selector).toString());
  text.pairs(0, 'Labels:', metadata.labels);
  text.annotations(0, metadata.annotations);
  const owner = controllerOf(job);
  if (owner) text.line(0, 'Controlled By:', `${owner.kind}/${owner.name}`);
  if (spec.parallelism !== undefined) text.line(0, 'Parallelism:', String(spec.parallelism));
  text.line(0, 'Completions:', String(spec.completions ?? '<unset>'));
  if (spec.completionMode) text.line(0, 'Completion Mode:', spec.completionMode);
  if (spec.suspend !== undefined) text.line(0, 'Suspend:', String(spec.suspend));
  if (spec.backoffLimit !== undefined) text.line(0, 'Backoff Limit:', String(spec.backoffLimit));
  if (spec.ttlSecondsAfterFinished !== undefined)
    text.line(0, 'TTL Seconds After Finished:', String(spec.ttlSecondsAfterFinished));
  const { startTime, completionTime, ready } = status;
  if (startTime) text.line(0, 'Start Time:', longTime(startTime));
  if (completionTime) text.line(0, 'Completed At:', longTime(completionTime));
  if (startTime && completionTime)
    text.line(0, 'Duration:', humanDuration(Date.parse(completionTime) - Date.parse(startTime)));
  if (spec.activeDeadlineSeconds !== undefined)
    text.line(0, 'Active Deadline Seconds:', `${spec.activeDeadlineSeconds}s`);
  const active = `${status.active ?? 0} Active${ready === undefined ? '' : ` (${ready} Ready)`}`;
  text.line(0, 'Pods Statuses:', `${active} / ${status.succeeded ?? 0} Succeeded / ${status.failed ?? 0} Failed`);
  if (spec.completionMode === 'Indexed') text.line(0, 'Completed Indexes:', indexesText(status.completedIndexes ?? ''));
  describeTemplate(text, spec.template);
};

/** Truncated at the first comma after 50 characters. */
function indexesText(indexes: string): string {
  if (indexes === '') return '<none>';
  const comma = indexes.indexOf(',', 50);
  return comma < 0 ? indexes : `${indexes.slice(0, comma + 1)}...`;
}
