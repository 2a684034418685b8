import type { Scale } from '@typernetes/api/autoscaling/v1';
import { age } from '../cells.ts';
import { ageColumn, integer, nameColumn } from '../columns.ts';
import type { Printer } from '../printer.ts';

const { format: _none, ...plainName } = nameColumn;

/** `kubectl get deployment web --subresource=scale`; names do not link to objects. Upstream: printScale. */
export const scalePrinter: Printer<Scale> = {
  columns: [plainName, integer('Desired'), integer('Available'), ageColumn],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    spec?.replicas ?? 0,
    status?.replicas ?? 0,
    age(metadata.creationTimestamp, now),
  ],
};
