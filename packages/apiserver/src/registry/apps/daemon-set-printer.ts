import type { DaemonSet } from '@typernetes/api/apps/v1';
import { formatLabelSelector } from '@typernetes/machinery';
import { age, containerImages, containerNames, labels } from '../cells.ts';
import { ageColumn, integer, nameColumn, text, wide } from '../columns.ts';
import type { Printer } from '../printer.ts';

export const daemonSetPrinter: Printer<DaemonSet> = {
  columns: [
    nameColumn,
    integer('Desired'),
    integer('Current'),
    integer('Ready'),
    integer('Up-to-date'),
    integer('Available'),
    text('Node Selector'),
    ageColumn,
    wide('Containers'),
    wide('Images'),
    wide('Selector'),
  ],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    status?.desiredNumberScheduled ?? 0,
    status?.currentNumberScheduled ?? 0,
    status?.numberReady ?? 0,
    status?.updatedNumberScheduled ?? 0,
    status?.numberAvailable ?? 0,
    labels(spec.template.spec?.nodeSelector),
    age(metadata.creationTimestamp, now),
    containerNames(spec.template.spec?.containers),
    containerImages(spec.template.spec?.containers),
    formatLabelSelector(spec.selector),
  ],
};
