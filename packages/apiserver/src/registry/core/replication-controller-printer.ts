import type { PodTemplate, ReplicationController } from '@typernetes/api/core/v1';
import { replicaColumns } from '../apps/replica-set-printer.ts';
import { age, containerImages, containerNames, labels } from '../cells.ts';
import { nameColumn, text } from '../columns.ts';
import type { Printer } from '../printer.ts';

export const replicationControllerPrinter: Printer<ReplicationController> = {
  columns: replicaColumns,
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    spec.replicas ?? 0,
    status?.replicas ?? 0,
    status?.readyReplicas ?? 0,
    age(metadata.creationTimestamp, now),
    containerNames(spec.template?.spec?.containers),
    containerImages(spec.template?.spec?.containers),
    labels(spec.selector),
  ],
};

export const podTemplatePrinter: Printer<PodTemplate> = {
  columns: [nameColumn, text('Containers'), text('Images'), text('Pod Labels')],
  cells: ({ metadata, template }) => [
    metadata.name,
    containerNames(template?.spec?.containers),
    containerImages(template?.spec?.containers),
    labels(template?.metadata?.labels),
  ],
};
