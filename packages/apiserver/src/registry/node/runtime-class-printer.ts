import type { RuntimeClass } from '@typernetes/api/node/v1';
import { age } from '../cells.ts';
import { ageColumn, nameColumn, text } from '../columns.ts';
import type { Printer } from '../printer.ts';

export const runtimeClassPrinter: Printer<RuntimeClass> = {
  columns: [nameColumn, text('Handler'), ageColumn],
  cells: ({ metadata, handler }, now) => [metadata.name, handler, age(metadata.creationTimestamp, now)],
};
