import type { PriorityClass } from '@typernetes/api/scheduling/v1';
import { age } from '../cells.ts';
import { ageColumn, flag, integer, nameColumn, text } from '../columns.ts';
import type { Printer } from '../printer.ts';

export const priorityClassPrinter: Printer<PriorityClass> = {
  columns: [nameColumn, integer('Value'), flag('Global-Default'), ageColumn, text('PreemptionPolicy')],
  cells: ({ metadata, value, globalDefault, preemptionPolicy }, now) => [
    metadata.name,
    value,
    globalDefault ?? false,
    age(metadata.creationTimestamp, now),
    preemptionPolicy ?? '',
  ],
};
