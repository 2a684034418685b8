import type { Deployment } from '@typernetes/api/apps/v1';
import { formatLabelSelector } from '@typernetes/machinery';
import { age, containerImages, containerNames } from '../cells.ts';
import { ageColumn, nameColumn, text, wide } from '../columns.ts';
import type { Printer } from '../printer.ts';

export const deploymentPrinter: Printer<Deployment> = {
  columns: [
    nameColumn,
    text('Ready'),
    text('Up-to-date'),
    text('Available'),
    ageColumn,
    wide('Containers'),
    wide('Images'),
    wide('Selector'),
  ],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
    status?.updatedReplicas ?? 0,
    status?.availableReplicas ?? 0,
    age(metadata.creationTimestamp, now),
    containerNames(spec.template.spec?.containers),
    containerImages(spec.template.spec?.containers),
    formatLabelSelector(spec.selector),
  ],
};
