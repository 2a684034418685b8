import type { ReplicaSet } from '@typernetes/api/apps/v1';
import { formatLabelSelector } from '@typernetes/machinery';
import { age, containerImages, containerNames } from '../cells.ts';
import { ageColumn, integer, nameColumn, wide } from '../columns.ts';
import type { Printer, TableColumn } from '../printer.ts';

/** The columns of kinds that keep a number of equal pods. */
export const replicaColumns: readonly TableColumn[] = [
  nameColumn,
  integer('Desired'),
  integer('Current'),
  integer('Ready'),
  ageColumn,
  wide('Containers'),
  wide('Images'),
  wide('Selector'),
];

export const replicaSetPrinter: Printer<ReplicaSet> = {
  columns: replicaColumns,
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    spec.replicas ?? 0,
    status?.replicas ?? 0,
    status?.readyReplicas ?? 0,
    age(metadata.creationTimestamp, now),
    containerNames(spec.template?.spec?.containers),
    containerImages(spec.template?.spec?.containers),
    formatLabelSelector(spec.selector),
  ],
};
