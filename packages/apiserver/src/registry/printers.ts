import type { ApiObject } from '@typernetes/machinery';
import { age } from './cells.ts';
import { ageColumn, nameColumn } from './columns.ts';
import type { Printer } from './printer.ts';

/** Resources without a printer show their creation time. */
export const defaultPrinter: Printer<ApiObject> = {
  columns: [nameColumn, { ...ageColumn, name: 'Created At', type: 'date' }],
  cells: ({ metadata }) => [metadata.name, metadata.creationTimestamp],
};

export const nameAndAgePrinter: Printer<ApiObject> = {
  columns: [nameColumn, ageColumn],
  cells: ({ metadata }, now) => [metadata.name, age(metadata.creationTimestamp, now)],
};
