import type { CronJob } from '@typernetes/api/batch/v1';
import { formatLabelSelector } from '@typernetes/machinery';
import { age, containerImages, containerNames } from '../cells.ts';
import { ageColumn, flag, integer, nameColumn, text, wide } from '../columns.ts';
import type { Printer } from '../printer.ts';

export const cronJobPrinter: Printer<CronJob> = {
  columns: [
    nameColumn,
    text('Schedule'),
    text('Timezone'),
    flag('Suspend'),
    integer('Active'),
    text('Last Schedule'),
    ageColumn,
    wide('Containers'),
    wide('Images'),
    wide('Selector'),
  ],
  cells({ metadata, spec, status }, now) {
    const job = spec.jobTemplate.spec;
    return [
      metadata.name,
      spec.schedule,
      spec.timeZone ?? '<none>',
      spec.suspend == null ? '<unset>' : spec.suspend ? 'True' : 'False',
      status?.active?.length ?? 0,
      status?.lastScheduleTime ? age(status.lastScheduleTime, now) : '<none>',
      age(metadata.creationTimestamp, now),
      containerNames(job?.template.spec?.containers),
      containerImages(job?.template.spec?.containers),
      formatLabelSelector(job?.selector),
    ];
  },
};
