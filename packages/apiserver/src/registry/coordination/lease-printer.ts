import type { Lease } from '@typernetes/api/coordination/v1';
import { age } from '../cells.ts';
import { ageColumn, nameColumn, text } from '../columns.ts';
import type { Printer } from '../printer.ts';

export const leasePrinter: Printer<Lease> = {
  columns: [nameColumn, text('Holder'), ageColumn],
  cells: ({ metadata, spec }, now) => [metadata.name, spec?.holderIdentity ?? '', age(metadata.creationTimestamp, now)],
};
