import type { Namespace } from '@typernetes/api/core/v1';
import { age } from '../cells.ts';
import { ageColumn, nameColumn, text } from '../columns.ts';
import type { Printer } from '../printer.ts';

export const namespacePrinter: Printer<Namespace> = {
  columns: [nameColumn, text('Status'), ageColumn],
  cells: ({ metadata, status }, now) => [metadata.name, status?.phase ?? '', age(metadata.creationTimestamp, now)],
};
