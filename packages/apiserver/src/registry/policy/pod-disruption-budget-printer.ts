import type { PodDisruptionBudget } from '@typernetes/api/policy/v1';
import { age } from '../cells.ts';
import { ageColumn, integer, nameColumn, text } from '../columns.ts';
import type { Printer } from '../printer.ts';

export const podDisruptionBudgetPrinter: Printer<PodDisruptionBudget> = {
  columns: [nameColumn, text('Min Available'), text('Max Unavailable'), integer('Allowed Disruptions'), ageColumn],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    String(spec?.minAvailable ?? 'N/A'),
    String(spec?.maxUnavailable ?? 'N/A'),
    status?.disruptionsAllowed ?? 0,
    age(metadata.creationTimestamp, now),
  ],
};
