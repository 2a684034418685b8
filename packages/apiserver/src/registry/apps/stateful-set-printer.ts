import type { ControllerRevision, StatefulSet } from '@typernetes/api/apps/v1';
import { controllerOf } from '@typernetes/machinery';
import { age, containerImages, containerNames, kindInCell } from '../cells.ts';
import { ageColumn, nameColumn, text, wide } from '../columns.ts';
import type { Printer } from '../printer.ts';

export const statefulSetPrinter: Printer<StatefulSet> = {
  columns: [nameColumn, text('Ready'), ageColumn, wide('Containers'), wide('Images')],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
    age(metadata.creationTimestamp, now),
    containerNames(spec.template.spec?.containers),
    containerImages(spec.template.spec?.containers),
  ],
};

/** The history of stateful sets and daemon sets. */
export const controllerRevisionPrinter: Printer<ControllerRevision> = {
  columns: [nameColumn, text('Controller'), text('Revision'), ageColumn],
  cells(revision, now) {
    const owner = controllerOf(revision);
    return [
      revision.metadata.name,
      owner ? `${kindInCell(owner.apiVersion, owner.kind)}/${owner.name}` : '<none>',
      revision.revision,
      age(revision.metadata.creationTimestamp, now),
    ];
  },
};
